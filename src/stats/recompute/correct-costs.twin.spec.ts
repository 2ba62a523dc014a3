import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys, openSqliteStore, type RedisStore, type StoreClient, type StoreTransaction } from '@crs/store';
import fc from 'fast-check';
import { openRedisStore } from '../../../test/support/each-store.js';
import { findRedisServer, type RedisServer, startRedisServer } from '../../../test/support/redis-server.js';
import { dumpStore, withLivesOf } from '../../../test/support/store-dump.js';
import { correctCosts, type CostWrites } from './correct-costs.script.js';
import { holdLock } from '../../core/store/hold-lock.script.js';

const CORRECTIONS = keys.usage.rollUp.keyCorrections('2026-11-23', 'key');
const MODELS = keys.usage.rollUp.modelCorrections('2026-11-23');
const HASH = keys.usage.rollUp.keyModels('day', '2026-11-23', 'key');
const COUNTER = keys.usage.keyModelTotal('key', 'm');
const SUM = keys.usage.costTotal('key');

const amount = fc.integer({ min: -2000, max: 2000 });
const by = fc.tuple(amount, amount, amount);
const field = fc.constantFrom('m', 'm|fast', 'other');
const packed = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 }).map((numbers) => numbers.join(' ')),
  fc.constantFrom('', 'damaged', '1 x', '1  2', '1.5', '-5 1', '123456789012345678'),
);
const correction = fc.oneof(
  by.map((numbers) => numbers.join(' ')),
  fc.constantFrom('', '1 1 1'),
);
const writes: fc.Arbitrary<CostWrites> = fc.record({
  corrections: fc.uniqueArray(fc.tuple(field, fc.constantFrom('', '1 1 1'), correction), {
    selector: ([name]) => name,
  }),
  ttlSeconds: fc.constant(1000),
  models: fc.uniqueArray(fc.tuple(field, by), { selector: ([name]) => name }),
  positions: fc.constant([7, 8, 10] as const),
  figures: fc.array(fc.tuple(fc.constantFrom(HASH, SUM, 'v2:nothing'), field, by), { maxLength: 4 }),
  counters: fc.array(fc.tuple(fc.constantFrom(COUNTER, SUM), fc.constantFrom('a', 'b', 'c'), amount), { maxLength: 4 }),
  sums: fc.array(
    fc.tuple(
      fc.constantFrom(SUM, COUNTER, 'usage:cost:gone'),
      amount.map((micro) => String(micro / 1e6)),
    ),
    { maxLength: 4 },
  ),
});
interface Setup {
  readonly corrections: Record<string, string>;
  readonly models: Record<string, string>;
  readonly figures: Record<string, string>;
  readonly counters: Record<string, string>;
  readonly sum: string;
}
const setups: fc.Arbitrary<Setup> = fc.record({
  corrections: fc.dictionary(field, fc.constant('1 1 1')),
  models: fc.dictionary(
    field,
    fc.oneof(correction, fc.constantFrom('damaged', '5', '1 2 3 4', '1 -2', '-12345678901234567 0 0')),
  ),
  figures: fc.dictionary(field, packed),
  counters: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('5', 'many')),
  sum: fc.constantFrom('1.5', 'much', '0.000001'),
});

async function setUp(store: StoreClient, setup: Setup): Promise<void> {
  const hashes = {
    [CORRECTIONS]: setup.corrections,
    [MODELS]: setup.models,
    [HASH]: setup.figures,
    [COUNTER]: setup.counters,
  };
  for (const [key, fields] of Object.entries(hashes)) {
    if (Object.keys(fields).length > 0) await store.hset(key, { ...fields });
  }
  await store.set(SUM, setup.sum);
}

const NOTHING = {
  ...{ corrections: [], ttlSeconds: 1, models: [], positions: [7, 8, 10], figures: [], counters: [], sums: [] },
};

const fail = (message: string): never => {
  throw new Error(message);
};

describe('correct-costs in both stores', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('leaves the same database in both (there is no redis-server on this machine)');
    return;
  }

  let server: RedisServer;
  let redis: RedisStore;

  beforeAll(async () => {
    server = await startRedisServer(program);
    redis = await openRedisStore(server);
  });

  afterAll(async () => {
    await redis.quit();
    await server.stop();
  });

  it('does the same, whatever is stored', async () => {
    await fc.assert(
      fc.asyncProperty(setups, fc.array(writes, { minLength: 1, maxLength: 3 }), async (setup, batches) => {
        await redis.flushall();
        const embedded = openSqliteStore(':memory:');
        try {
          const dumps: { replies: boolean[]; dump: Awaited<ReturnType<typeof dumpStore>> }[] = [];
          for (const store of [embedded, redis]) {
            await setUp(store, setup);
            const replies: boolean[] = [];
            for (const batch of batches) {
              replies.push(await store.runScript(correctCosts, [CORRECTIONS, MODELS], [JSON.stringify(batch)]));
            }
            dumps.push({ replies, dump: await dumpStore(store) });
          }
          const [first, second] = dumps;
          expect(first?.replies).toEqual(second?.replies);
          expect(withLivesOf(first?.dump ?? {}, second?.dump ?? {})).toEqual(second?.dump);
        } finally {
          await embedded.quit();
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('writes nothing when the corrections by model hold something else', async () => {
    const batch = { ...NOTHING, corrections: [['m', '', '1 1 1']], models: [['m', [1, 1, 1]]] };
    await redis.flushall();
    const embedded = openSqliteStore(':memory:');
    for (const store of [embedded, redis]) {
      await store.set(MODELS, 'damaged');
      await expect(store.runScript(correctCosts, [CORRECTIONS, MODELS], [JSON.stringify(batch)])).rejects.toThrow(
        'WRONGTYPE',
      );
      await expect(store.exists(CORRECTIONS)).resolves.toBe(0);
    }
    await redis.flushall();
    await embedded.quit();
  });

  it('passes on what is not about a damaged value', () => {
    const tx = {
      type: () => 'string',
      incrbyfloat: () => fail('disk full'),
    };
    const run = (): unknown =>
      correctCosts.transaction(
        tx as unknown as StoreTransaction,
        [CORRECTIONS, MODELS],
        [JSON.stringify({ ...NOTHING, sums: [[SUM, '1']] })],
      );
    expect(run).toThrow('disk full');
  });

  it('lets one at a time correct', async () => {
    for (const store of [openSqliteStore(':memory:'), redis]) {
      const hold = (who: string, ms: number) => store.runScript(holdLock, [keys.usage.rollUp.correcting], [who, ms]);
      await expect(hold('a', 60_000)).resolves.toBe(true);
      await expect(hold('b', 60_000)).resolves.toBe(false);
      await expect(hold('b', 0)).resolves.toBe(false);
      await expect(hold('a', 90_000)).resolves.toBe(true);
      expect(await store.pttl(keys.usage.rollUp.correcting)).toBeGreaterThan(60_000);
      await expect(hold('a', 0)).resolves.toBe(true);
      await expect(hold('b', 1000)).resolves.toBe(true);
      await expect(hold('b', 0)).resolves.toBe(true);
      await expect(store.exists(keys.usage.rollUp.correcting)).resolves.toBe(0);
      if (store !== redis) await store.quit();
    }
  });
});
