import { expect, it } from '@jest/globals';
import { NO_TOKENS, toAccountId, toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import fc from 'fast-check';
import {
  ACCOUNTS,
  bookedRig,
  DAY,
  doctorRig,
  KEYS,
  MODELS,
  NOW,
  requestsAt,
} from '../../../test/support/doctor-rig.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testUsageReport } from '../../../test/support/test-usage-report.js';
import { correctCosts } from '../recompute/correct-costs.script.js';
import { NO_CORRECTION } from '../recompute/correction.codec.js';
import { keyWritesOf } from '../recompute/correction-writes.js';

const HOUR = `${DAY}:18`;
const [KEY = '', OTHER = ''] = KEYS;
const [MODEL = ''] = MODELS;
const k = keys.usage;

describeOnEachStore('UsageDoctor', (storeOfCase) => {
  it('finds nothing in books that the gateway wrote', async () => {
    const rig = await bookedRig(storeOfCase());
    await expect(rig.check()).resolves.toEqual({
      from: '2026-10-24',
      to: '2026-11-23',
      keys: 2,
      total: 0,
      differences: [],
      notes: ['Roll-ups were compared from 2026-11-20 on, the first day that they know from its beginning.'],
    });
  });

  it('finds nothing after any traffic, over the ends of days, months and years', async () => {
    const store = storeOfCase();
    let run = 0;
    const request = fc.record({
      at: fc.date({
        min: new Date('2025-12-30T12:00:00Z'),
        max: new Date('2026-01-02T11:00:00Z'),
        noInvalidDate: true,
      }),
      keyId: fc.constantFrom(...KEYS),
      accountId: fc.constantFrom(...ACCOUNTS),
      model: fc.constantFrom(...MODELS, 'vendor-model'),
      inputTokens: fc.nat(300_000),
      outputTokens: fc.nat(5000),
      estimated: fc.boolean(),
    });
    const rig = doctorRig(store, '2026-01-02T12:00:00Z');
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 9 }), async (requests) => {
        run += 1;
        await rig.book(
          requests.map(({ inputTokens, outputTokens, keyId, accountId, ...rest }, i) =>
            testUsageReport({
              ...rest,
              requestId: `req-${run}-${i}`,
              keyId: toApiKeyId(keyId),
              accountId: toAccountId(accountId),
              usage: { ...NO_TOKENS, inputTokens, outputTokens },
            }),
          ),
        );
        const report = await rig.check({ from: '2025-12-28' });
        expect(report.differences).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it('says whose difference it is, in both places, and what it means', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.hincrby(k.hourly(KEY, HOUR), 'requests', 2);
    const report = await rig.check();
    expect(report.differences).toEqual([
      {
        check: 'hours',
        keyId: KEY,
        keyName: `name of ${KEY}`,
        accountId: null,
        model: null,
        period: DAY,
        figure: 'requests',
        left: { source: k.daily(KEY, DAY), value: 6 },
        right: { source: k.hourly(KEY, `${DAY}:*`), value: 8 },
        hint: expect.stringContaining('hours'),
      },
    ]);
  });

  it('checks one key without what all add up to', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.hincrby(k.hourly(OTHER, HOUR), 'requests', 2);
    await store.hincrby(k.globalDaily(DAY), 'requests', 2);
    await expect(rig.check({ keyId: KEY })).resolves.toMatchObject({ keys: 1, total: 0 });
    await expect(rig.check({ keyId: OTHER })).resolves.toMatchObject({ keys: 1, total: 1 });
  });

  it('leaves days out that were not asked for', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.hincrby(k.hourly(KEY, HOUR), 'requests', 2);
    await expect(rig.check({ from: '2026-11-23' })).resolves.toMatchObject({ from: '2026-11-23', total: 0 });
    await expect(rig.check({ from: '2026-11-20', to: '2026-11-22' })).resolves.toMatchObject({ total: 1 });
  });

  it('takes what has expired for no difference', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    rig.clock.ms += 31 * 86_400_000;
    const hours = Array.from({ length: 24 }, (_, hour) => `${DAY}:${String(hour).padStart(2, '0')}`);
    for (const hour of hours) await store.del(k.hourly(KEY, hour), k.costHourly(KEY, hour));
    await store.del(k.costDaily(KEY, DAY), k.costRealDaily(KEY, DAY), k.daily(KEY, '2026-11-20'));
    const report = await rig.check({ from: '2026-11-01' });
    expect(report.differences).toEqual([]);
    expect(report.notes).toContain(
      'Counters of days are kept for 32 days: of the days before, only the months were compared.',
    );
  });

  it('goes back as far as the months are kept', async () => {
    const rig = await bookedRig(storeOfCase());
    await expect(rig.check({ from: '2025-10-20' })).resolves.toMatchObject({ from: '2025-10-20', total: 0 });
  });

  it('finds nothing while requests are booked', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    const checked = rig.check();
    for (let i = 0; i < 20; i += 1) {
      const more = requestsAt('2026-11-23T11:00:00Z', 12).map((request) => ({
        ...request,
        requestId: `more-${i}-${request.requestId}`,
        model: i % 2 === 0 ? request.model : `model-${i}`,
      }));
      await rig.book(more);
    }
    await expect(checked).resolves.toMatchObject({ total: 0 });
  });

  it('runs once at a time, and not longer than it may', async () => {
    const rig = await bookedRig(storeOfCase());
    const first = rig.check();
    await expect(rig.check()).rejects.toThrow('being checked already');
    await first;
    await expect(rig.sut.check({}, AbortSignal.abort())).rejects.toThrow('took too long');
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
  });

  it.each([
    [{ from: 'yesterday' }, 'from must be a day'],
    [{ from: '2026-12-01' }, 'from lies in the future'],
    [{ from: '2026-11-02', to: '2026-11-01' }, 'from must not lie after to'],
    [{ from: '2026-11-24', to: '2026-12-01' }, 'from lies in the future'],
    [{ from: '2025-01-01' }, 'at most 400 days'],
  ])('refuses %j', async (question, message) => {
    const rig = doctorRig(storeOfCase(), NOW);
    await expect(rig.check(question)).rejects.toMatchObject({
      errors: [{ field: 'from', message: expect.stringContaining(message) }],
    });
  });

  it('refuses a last day so far ahead that nothing lies in the 31 days before it', async () => {
    await expect(doctorRig(storeOfCase(), NOW).check({ to: '2030-01-01' })).rejects.toMatchObject({
      errors: [{ field: 'to', message: expect.stringContaining('give from, too') }],
    });
  });

  it('does not call a key healthy that nobody knows, and can be asked again', async () => {
    const rig = await bookedRig(storeOfCase());
    const mistyped = KEY.replace('3', '4');
    await expect(rig.check({ keyId: mistyped })).rejects.toMatchObject({ status: 404 });
    await expect(rig.check({ keyId: KEY })).resolves.toMatchObject({ keys: 1, total: 0 });
  });

  it('explains differences that v1 beside makes, and costs that are being corrected', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.set(k.rollUp.correcting, 'somebody');
    await store.hdel(k.rollUp.totals('day', DAY, 'key'), KEY);
    const { notes } = await rig.check();
    expect(notes).toContainEqual(expect.stringContaining('v1 served requests on this database'));
    expect(notes).toContainEqual(expect.stringContaining('Costs were being corrected'));
  });

  it('shows a key without a name by its id', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.hset(keys.apiKey.record(KEY), { name: '' });
    await store.hincrby(k.hourly(KEY, HOUR), 'requests', 2);
    await expect(rig.check()).resolves.toMatchObject({ differences: [{ keyId: KEY, keyName: null }] });
  });

  it('compares records while the list is not full, and afterwards from the second day of it on', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await rig.book(requestsAt('2026-11-23T08:00:00Z', 370));
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
    await store.hincrby(k.daily(KEY, DAY), 'requests', 1);
    const checks = async (): Promise<readonly string[]> =>
      (await rig.check()).differences.filter(({ check }) => check === 'records').map(({ period }) => period);
    await expect(checks()).resolves.toEqual([DAY]);
    await rig.book(requestsAt('2026-11-23T09:00:00Z', 20));
    await expect(checks()).resolves.toEqual([]);
  });

  it('names a thousand differences and counts the others', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    for (let i = 0; i < 250; i += 1) {
      await store.sadd(k.index.daily(DAY), `ghost-${i}`);
      await store.hset(k.daily(`ghost-${i}`, DAY), { requests: '1', inputTokens: '1', outputTokens: '1' });
    }
    const { differences, total } = await rig.check({ from: DAY, to: DAY });
    expect(differences).toHaveLength(1000);
    expect(total).toBeGreaterThan(1000);
  });

  it('knows of costs that were corrected afterwards', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    const change = { realMicroUsd: 500_000, ratedMicroUsd: 700_000, unpricedRequests: 0 };
    const row = { field: MODEL, model: MODEL, isUnknown: false, before: NO_CORRECTION, after: change };
    const rows = [{ ...row, storedCorrection: '', correction: change, change }];
    const startsAt = rig.zone.findDayStart(DAY) ?? 0;
    const writes = keyWritesOf({ keyId: KEY, key: null, day: DAY, startsAt }, rows, rig.zone);
    const corrections = [k.rollUp.keyCorrections(DAY, KEY), k.rollUp.modelCorrections(DAY)];
    await expect(store.runScript(correctCosts, corrections, [JSON.stringify(writes)])).resolves.toBe(true);
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
  });

  it('says that it knows no key', async () => {
    const { notes, keys: count } = await doctorRig(storeOfCase(), NOW).check();
    expect(count).toBe(0);
    expect(notes).toContainEqual(expect.stringContaining('No key is known'));
  });
});
