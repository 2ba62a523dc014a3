import { Global, Module } from '@nestjs/common';
import {
  AccountNames,
  ApiKeyDirectory,
  ApiKeyNames,
  LiveRequests,
  NO_TOKENS,
  OutageLimits,
  toAccountId,
  toApiKeyId,
  type UsageReport,
} from '@crs/extension-api';
import { keys, openSqliteStore, type SqliteStore } from '@crs/store';
import { Zone } from '../../src/core/time/zone.js';
import { UsageRecorder } from '../../src/stats/ledger/usage-recorder.js';
import { StatsQueryModule } from '../../src/stats/query/stats-query.module.js';
import { type HttpApp, startHttpApp } from './http-app.js';
import { KnownKeys, NO_OUTAGE } from './known-keys.js';
import { TestClock } from './test-clock.js';
import { testKeySummary } from './test-key-summary.js';
import { testUsageReport } from './test-usage-report.js';

/** What the clock shows: 12:06 in the configured zone. */
export const STATS_NOW = Date.parse('2026-11-23T04:06:00Z');
/** A key with a name, one without a record, and accounts alike. */
export const K1 = '30144e38-6515-4949-a4b8-0e3db27a30f2';
export const K2 = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const A1 = '799e2112-a6d8-4c77-9f9f-c408f3d18922';
export const A2 = 'c1b0a7a4-62d2-4b0b-8e3e-4f6f8f0f6a11';
export const SONNET = 'claude-sonnet-4-5-20250929';

type Row = Readonly<Record<string, unknown>>;

/** Fields of any answer of the statistics; a test asks for those that its route has. */
export interface StatsBody {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly Row[];
  readonly total: Row;
  readonly previous: Row;
  readonly change: Row;
  readonly rows: readonly Row[];
}

const names = (known: Readonly<Record<string, string>>): ApiKeyNames & AccountNames => ({
  namesOf: (ids) => Promise.resolve(new Map(Object.entries(known).filter(([id]) => ids.includes(id)))),
  count: () => Promise.resolve({ total: Object.keys(known).length + 1, active: Object.keys(known).length }),
});
const directory = new KnownKeys();
directory.bySecret.set('one', testKeySummary({ id: toApiKeyId(K1) }));

@Global()
@Module({
  providers: [
    { provide: ApiKeyDirectory, useValue: directory },
    { provide: ApiKeyNames, useValue: names({ [K1]: '=team,one' }) },
    { provide: AccountNames, useValue: names({ [A1]: 'first' }) },
    { provide: LiveRequests, useValue: { count: () => 3 } satisfies LiveRequests },
    NO_OUTAGE,
    Zone,
  ],
  exports: [ApiKeyDirectory, ApiKeyNames, AccountNames, LiveRequests, OutageLimits, Zone],
})
class PortsModule {}

/** The statistics behind a real port, with an embedded store whose roll-ups know everything since January. */
export class StatsApp {
  private booked = 0;

  private constructor(
    private readonly http: HttpApp,
    readonly store: SqliteStore,
  ) {}

  static async start(): Promise<StatsApp> {
    const store = openSqliteStore(':memory:', { now: () => STATS_NOW });
    const imports = [PortsModule, StatsQueryModule];
    const http = await startHttpApp({ imports, store, clock: new TestClock(STATS_NOW) });
    await store.set(keys.usage.rollUp.since, '2026-01-01');
    return new StatsApp(http, store);
  }

  /** Books a request of a million input tokens: 3 USD of Sonnet, 1.25 USD of Codex. */
  async use(at: string, change: Partial<UsageReport> = {}): Promise<void> {
    this.booked += 1;
    const requestId = `req-${this.booked}`;
    const report = testUsageReport({
      requestId,
      at: new Date(at),
      keyId: toApiKeyId(K1),
      accountId: toAccountId(A1),
      model: SONNET,
      usage: { ...NO_TOKENS, inputTokens: 1_000_000 },
      ...change,
    });
    await this.http.app.get(UsageRecorder).record(report, [], requestId);
  }

  /** Two of the first key and account yesterday and today, one of the second ones today. */
  async useThree(): Promise<void> {
    await this.use('2026-11-22T04:00:00Z');
    await this.use('2026-11-23T04:00:00Z');
    await this.use('2026-11-23T03:00:00Z', {
      keyId: toApiKeyId(K2),
      accountId: toAccountId(A2),
      model: 'gpt-5-codex',
    });
  }

  async fetch(path: string): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
    const answer = await fetch(`${this.http.url}/api/v2/${path}`);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  async get<T = StatsBody>(path: string): Promise<T> {
    const { status, text } = await this.fetch(path);
    return { status, ...(JSON.parse(text) as object) } as T;
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
