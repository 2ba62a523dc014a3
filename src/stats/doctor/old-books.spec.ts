import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { bookedRig, DAY, type DoctorRig, KEYS, MODELS } from '../../../test/support/doctor-rig.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';

const k = keys.usage;
const [KEY = ''] = KEYS;
const [MODEL = ''] = MODELS;
const MONTH = '2026-11';

/** What v2 adds is taken away. */
const v1Rig = async (store: StoreClient, isIndexed: boolean): Promise<DoctorRig> => {
  const rig = await bookedRig(store);
  const [, added] = await store.scan('0', 'MATCH', 'v2:*', 'COUNT', 10_000);
  await store.del(...added);
  if (isIndexed) {
    await store.set(k.index.migrated, '1763870000000');
    return rig;
  }
  // As versions without index sets, real costs and counters of all keys left it.
  const [, indexes] = await store.scan('0', 'MATCH', '*usage*:index:*', 'COUNT', 10_000);
  await store.del(...indexes, k.globalDaily(DAY), k.records(KEY), k.costRealDaily(KEY, DAY));
  for (const model of MODELS) {
    const hashes = [k.keyModelDaily(KEY, model, DAY), k.keyModelMonthly(KEY, model, MONTH)];
    for (const hash of hashes) await store.hdel(hash, 'realCostMicro', 'ratedCostMicro', 'ephemeral5mTokens');
  }
  return rig;
};

describeOnEachStore('UsageDoctor, a database that v1 alone has written', (storeOfCase) => {
  it('finds nothing, and says that there are no roll-ups', async () => {
    const report = await (await v1Rig(storeOfCase(), true)).check();
    expect(report.differences).toEqual([]);
    expect(report.notes).toEqual([
      'There are no roll-ups yet: they begin with the first request that this version books.',
    ]);
  });

  it('finds what was changed', async () => {
    const store = storeOfCase();
    const rig = await v1Rig(store, true);
    await store.hincrby(k.globalDaily(DAY), 'requests', 2);
    const { differences } = await rig.check();
    expect(differences).toMatchObject([
      { check: 'all-keys', left: { source: k.globalDaily(DAY), value: 14 }, right: { value: 12 } },
    ]);
  });

  it('finds nothing in one of an old version, and says what could not be compared', async () => {
    const report = await (await v1Rig(storeOfCase(), false)).check();
    expect(report.differences).toEqual([]);
    expect(report.notes).toEqual([
      expect.stringContaining('the sums of models were not compared'),
      expect.stringContaining('the statistics show nothing of them'),
      expect.stringContaining('the sums of all keys and of accounts were not compared'),
      expect.stringContaining('no roll-ups yet'),
    ]);
  });

  it('says of one key, too, that the statistics know nothing of such days', async () => {
    const unknown = expect.stringContaining('the statistics show nothing of them');
    const store = storeOfCase();
    const rig = await v1Rig(store, false);
    expect((await rig.check({ keyId: KEY })).notes).toContainEqual(unknown);
    for (const day of ['2026-11-20', DAY, '2026-11-23'])
      await store.sadd(k.index.keyModelDaily(day), `${KEY}:${MODEL}`);
    expect((await rig.check({ keyId: KEY })).notes).not.toContainEqual(unknown);
  });

  it('compares the models of an old key that were searched for, without costs that nobody counted', async () => {
    const store = storeOfCase();
    const rig = await v1Rig(store, false);
    await store.sadd(k.keyModels(KEY), ...MODELS);
    await store.set(k.keyModelsSearched(KEY), '1');
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
    await store.hincrby(k.keyModelDaily(KEY, MODEL, DAY), 'inputTokens', 1);
    await expect(rig.check()).resolves.toMatchObject({ differences: [{ check: 'models' }, { check: 'models' }] });
  });

  it('takes the plain sum of a very old day for what it is', async () => {
    const store = storeOfCase();
    const rig = await v1Rig(store, true);
    for (const id of KEYS) {
      const { tokens = '', requests = '' } = await store.hgetall(k.daily(id, DAY));
      await store.del(k.daily(id, DAY), k.records(id));
      await store.hset(k.daily(id, DAY), { tokens, requests });
    }
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
  });
});
