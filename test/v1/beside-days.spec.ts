import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { V1IndexBuild } from '../../src/stats/v1-indexes/v1-index-build.js';
import { describeOnGolden } from '../support/golden-app.js';

/** The second day after the one of the switch. */
const DAY = '2026-11-25';
const NOON = Date.parse('2026-11-25T04:00:00Z');
const MODEL = 'claude-opus-4-1-20250805';
const MESSAGE = { model: MODEL, max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] };

/** As a version 1 books that runs on the same database. */
async function bookByV1(store: StoreClient, keyId: string, requests: number): Promise<void> {
  const { usage } = keys;
  const counters = [
    ...[usage.globalDaily(DAY), usage.globalMonthly(DAY.slice(0, 7)), usage.modelDaily(MODEL, DAY)],
    ...[usage.keyModelDaily(keyId, MODEL, DAY), usage.daily(keyId, DAY)],
  ];
  for (const counter of counters) {
    await store.hincrby(counter, 'requests', requests);
    await store.hincrby(counter, 'inputTokens', 10 * requests);
  }
  await store.sadd(usage.index.keyModelDaily(DAY), `${keyId}:${MODEL}`);
}

describeOnGolden(
  'a day on which version 1 still runs beside',
  (golden) => {
    it('shows what both have booked', async () => {
      await golden.app.app.get(V1IndexBuild).finished();
      golden.clock.ms = NOON - 86_400_000;
      const { id, key } = golden.key('plain');
      expect((await golden.send('/api/v1/messages', key, MESSAGE)).status).toBe(200);
      await golden.app.flushed();
      golden.clock.ms = NOON;
      for (let at = 0; at < 2; at += 1) expect((await golden.send('/api/v1/messages', key, MESSAGE)).status).toBe(200);
      await golden.app.flushed();
      await bookByV1(golden.store, id, 7);

      expect(await golden.store.hget(keys.usage.globalDaily(DAY), 'requests')).toBe('9');
      const query = `granularity=day&from=${DAY}&to=${DAY}`;
      expect((await golden.get(`/stats/usage?${query}`)).total.requests).toBe(9);
      const { rows } = await golden.get(`/stats/usage?${query}&groupBy=key`);
      expect(rows).toMatchObject([{ id, requests: 9 }]);
    });
  },
  { versions: ['1.1.314'] },
);
