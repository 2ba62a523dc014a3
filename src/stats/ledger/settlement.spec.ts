import { beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import fc from 'fast-check';
import { Bookkeeper } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { formatHold, parseHold } from '../../core/lease/hold-member.js';
import { toMicroUsd } from '../pricing/cost.js';
const MODEL = 'claude-sonnet-4-5';
const IN_A_MINUTE = Date.now() + 60_000;

describeOnEachStore('the booking of what an admitted request held', (storeOfCase) => {
  let store: StoreClient;
  let sut: Bookkeeper;

  beforeEach(() => {
    store = storeOfCase();
    sut = new Bookkeeper(store);
  });

  const report = testUsageReport();
  const K = report.keyId;
  const A = report.accountId;
  const slots = keys.limits.concurrency(K);
  const holds = keys.limits.holds(K);
  const accountSlots = keys.limits.accountConcurrency(A);
  const estimates = keys.limits.estimates(K);
  const hold = formatHold({ requestId: 'req-1', microUsd: 5_000_000, tokens: 12_000, isClaude: true });
  const leases = [
    { set: slots, member: 'req-1' },
    { set: holds, member: hold },
    { set: accountSlots, member: 'req-1' },
  ];
  const admitted = (change: Partial<UsageReport> = {}): UsageReport => ({
    ...report,
    admission: { leases, model: MODEL },
    ...change,
  });

  const occupy = async (): Promise<void> => {
    for (const { set, member } of leases) await store.zadd(set, IN_A_MINUTE, member);
  };

  describe('leases', () => {
    it("ends every lease of the request, and no one else's", async () => {
      await occupy();
      for (const set of [slots, holds, accountSlots]) await store.zadd(set, IN_A_MINUTE, 'another');
      await expect(sut.book(testPricedUsage(admitted()))).resolves.toMatchObject({ kind: 'settled', refusedWrites: 0 });
      for (const set of [slots, holds, accountSlots])
        await expect(store.zrange(set, 0, -1)).resolves.toEqual(['another']);
    });

    it('ends them also where the figures are a floor or there are none', async () => {
      await occupy();
      await sut.book(testPricedUsage(admitted({ estimated: true, usage: NO_TOKENS })));
      await expect(store.exists(slots, holds, accountSlots)).resolves.toBe(0);
    });

    it('goes on where a lease has expired already', async () => {
      await expect(sut.book(testPricedUsage(admitted()))).resolves.toMatchObject({ kind: 'settled', refusedWrites: 0 });
    });

    it('counts a damaged set as refused and books everything else', async () => {
      await occupy();
      await store.del(slots);
      await store.set(slots, 'damaged');
      await expect(sut.book(testPricedUsage(admitted()))).resolves.toMatchObject({ kind: 'settled', refusedWrites: 1 });
      await expect(store.exists(holds, accountSlots)).resolves.toBe(0);
      await expect(store.hget(estimates, `c:${MODEL}`)).resolves.toBe('21351');
    });

    it('leaves everything as it is when the same booking comes again', async () => {
      await occupy();
      await sut.book(testPricedUsage(admitted()));
      await occupy();
      await expect(sut.repeat(testPricedUsage(admitted(), 9))).resolves.toEqual({ kind: 'duplicate' });
      await expect(store.zrange(holds, 0, -1)).resolves.toEqual([hold]);
      await expect(store.hgetall(estimates)).resolves.toEqual({ [`c:${MODEL}`]: '21351', [`t:${MODEL}`]: '22789' });
    });

    it('counts a request at any moment once: either as held or as spent', async () => {
      const micro = toMicroUsd(testPricedUsage().rated.total);
      const bookings = Array.from({ length: 40 }, (_, i) => {
        const requestId = `req-${i}`;
        const member = formatHold({ requestId, microUsd: micro, tokens: 1, isClaude: true });
        return testPricedUsage(admitted({ requestId, admission: { leases: [{ set: holds, member }], model: MODEL } }));
      });
      for (const { report: booked } of bookings) {
        for (const { set, member } of booked.admission?.leases ?? []) await store.zadd(set, IN_A_MINUTE, member);
      }
      const look = async (): Promise<number> => {
        const replies = await store
          .multi([
            ['get', keys.usage.costTotal(K)],
            ['zrange', holds, 0, -1],
          ])
          .exec();
        const [spent, held] = (replies ?? []).map(([, reply]) => reply) as [string | null, string[]];
        return Number(spent ?? 0) * 1e6 + held.reduce((sum, member) => sum + parseHold(member).microUsd, 0);
      };
      const looks = await Promise.all(bookings.flatMap((usage) => [sut.book(usage).then(look), look()]));
      // Rounding to micro-USD apart, of which each request may have half.
      for (const seen of looks) expect(Math.abs(seen - micro * 40)).toBeLessThan(40);
      await expect(store.exists(holds)).resolves.toBe(0);
    });
  });

  describe('estimates', () => {
    const learned = async (model = MODEL): Promise<(string | null)[]> =>
      store.hmget(estimates, `c:${model}`, `t:${model}`);

    it('begin with what the first request cost the key, and all its tokens', async () => {
      await sut.book(testPricedUsage(admitted(), 2));
      await expect(learned()).resolves.toEqual(['42701', '22789']);
      await expect(store.pttl(estimates)).resolves.toBeGreaterThan(30 * 86_400_000 - 10_000);
    });

    it('live for thirty days from the last request', async () => {
      await store.hset(estimates, { 'c:other': '1' });
      await store.pexpire(estimates, 5000);
      await sut.book(testPricedUsage(admitted()));
      await expect(store.pttl(estimates)).resolves.toBeGreaterThan(30 * 86_400_000 - 10_000);
    });

    it('move a quarter of the way with each request, up and down, as a plain model does', async () => {
      const tokens = fc.integer({ min: 1, max: 2_000_000 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(tokens, { minLength: 1, maxLength: 12 }), async (outputs) => {
          run += 1;
          await store.del(estimates);
          let expected: readonly [number, number] | null = null;
          for (const [i, outputTokens] of outputs.entries()) {
            const usage = { ...NO_TOKENS, outputTokens };
            const priced = testPricedUsage(admitted({ requestId: `req-${run}-${i}`, usage }));
            await sut.book(priced);
            const actual = [toMicroUsd(priced.rated.total), outputTokens] as const;
            expected = expected === null ? actual : [moved(expected[0], actual[0]), moved(expected[1], actual[1])];
            await expect(learned()).resolves.toEqual(expected.map(String));
          }
        }),
        { numRuns: 25 },
      );
    });

    const moved = (old: number, actual: number): number => old + Math.floor((actual - old) / 4);

    it.each([
      ['figures that are a floor', { estimated: true }],
      ['a request without tokens', { usage: NO_TOKENS }],
      ['a request that was not admitted', { admission: null }],
      ['a name of more than 200 characters', { admission: { leases: [], model: 'm'.repeat(201) } }],
    ] satisfies [string, Partial<UsageReport>][])('learn nothing from %s', async (_, change) => {
      await sut.book(testPricedUsage(admitted(change)));
      await expect(store.exists(estimates)).resolves.toBe(0);
    });

    it("learn under the client's name of the model, whatever it is", async () => {
      const names = ['m'.repeat(200), 'my "模型":x', 'half a \ud83d character'];
      for (const [i, model] of names.entries()) {
        await sut.book(testPricedUsage(admitted({ requestId: `req-${i}`, admission: { leases: [], model } })));
        await expect(learned(model.toWellFormed())).resolves.toEqual(['21351', '22789']);
      }
    });

    it('learn that a model costs this key nothing', async () => {
      await sut.book(testPricedUsage(admitted(), 0));
      await expect(learned()).resolves.toEqual(['0', '22789']);
    });

    it('stay whole numbers that a script can read, whatever a rate makes of the cost', async () => {
      await sut.book(testPricedUsage(admitted(), 1e300));
      await expect(learned()).resolves.toEqual(['999999999999999', '22789']);
    });

    it.each(['much', '-5', '1.5', '1e3', '9'.repeat(16)])('begin anew where a field holds %s', async (damaged) => {
      await store.hset(estimates, { [`c:${MODEL}`]: damaged, [`t:${MODEL}`]: '22785' });
      await sut.book(testPricedUsage(admitted()));
      await expect(learned()).resolves.toEqual(['21351', '22786']);
    });

    it('count as refused where their key holds something else', async () => {
      await store.set(estimates, 'damaged');
      await expect(sut.book(testPricedUsage(admitted()))).resolves.toMatchObject({ kind: 'settled', refusedWrites: 2 });
      await expect(store.get(estimates)).resolves.toBe('damaged');
    });
  });
});
