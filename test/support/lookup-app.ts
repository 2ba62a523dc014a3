import { type ApiKeyId, type ApiKeySummary, NO_TOKENS, toApiKeyId } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import { StatsModule } from '../../src/stats/stats.module.js';
import { UsageRecorder } from '../../src/stats/ledger/usage-recorder.js';
import { startHttpApp } from './http-app.js';
import { type Answer, call, sendJson } from './http-fixture.js';
import { KnownKeys, KnownKeysModule } from './known-keys.js';
import { TestClock } from './test-clock.js';
import { testKeySummary } from './test-key-summary.js';
import { testUsageReport } from './test-usage-report.js';

export const NOW = Date.parse('2026-11-23T04:06:00Z');
/** A request of today, of the key of the fixture. */
const report = testUsageReport({ at: new Date(NOW - 60_000) });
export const keyId = report.keyId;
export const SECRET = `cr_${'5'.repeat(64)}`;
export const otherId = (index: number): ApiKeyId =>
  toApiKeyId(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);

/** What `report` used. */
export const usedToday = {
  ...{ requests: 1, tokens: 22_789, inputTokens: 1203, outputTokens: 457 },
  ...{ cacheCreateTokens: 1118, cacheReadTokens: 20_011, allTokens: 22_789 },
};
/** What it and a request of yesterday to gpt-5-codex used. */
export const usedInAll = {
  ...{ requests: 2, tokens: 26_012, inputTokens: 3180, outputTokens: 679 },
  ...{ cacheCreateTokens: 1118, cacheReadTokens: 21_035, allTokens: 26_012 },
};

/** The public look-ups on a real port; there is one key, called ada, at first. */
export interface LookupApp {
  /** Puts a key, or replaces the one with this secret. */
  add(secret: string, change: Partial<ApiKeySummary>): void;
  ask(route: string, body: unknown): Promise<Answer>;
  rates(): Promise<Answer>;
  record(change: Partial<typeof report>): Promise<void>;
  /** Books both requests of the first key. */
  use(): Promise<void>;
  /** Leaves the store open. */
  close(): Promise<void>;
}

export async function startLookupApp(store: StoreClient): Promise<LookupApp> {
  const known = new KnownKeys();
  const imports = [KnownKeysModule.with(known), StatsModule];
  const { app, url } = await startHttpApp({ imports, store, clock: new TestClock(NOW) });
  const record = (change: Partial<typeof report>): Promise<void> =>
    app.get(UsageRecorder).record({ ...report, ...change }, [], change.requestId ?? report.requestId);
  const add = (secret: string, change: Partial<ApiKeySummary>): void => {
    known.bySecret.set(secret, testKeySummary(change));
  };
  add(SECRET, { id: keyId, name: 'ada' });
  return {
    add,
    ask: (route, body) => sendJson(`${url}/apiStats/api/${route}`, 'POST', body),
    rates: () => call(`${url}/apiStats/service-rates`, 'GET'),
    record,
    use: async () => {
      await record({});
      const usage = { ...NO_TOKENS, inputTokens: 1977, outputTokens: 222, cacheReadTokens: 1024 };
      const at = new Date(NOW - 86_400_000);
      await record({ requestId: 'of yesterday', at, service: 'codex', model: 'gpt-5-codex', usage });
    },
    close: () => app.close(),
  };
}
