import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { ACCOUNTS, bookedRig, DAY, KEYS, MODELS } from '../../../test/support/doctor-rig.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';

const k = keys.usage;
const [KEY = ''] = KEYS;
const [MODEL = ''] = MODELS;
const [ACCOUNT = ''] = ACCOUNTS;

describeOnEachStore('UsageDoctor, names and types', (storeOfCase) => {
  it('does without names that the indexes have lost or gained', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.srem(k.index.keyModelDaily(DAY), `${KEY}:${MODEL}`);
    await store.srem(k.index.accountModelDaily(DAY), `${ACCOUNT}:${MODEL}`);
    await store.srem(k.index.daily(DAY), KEY);
    await store.sadd(k.index.modelDaily(DAY), 'ghost');
    await store.sadd(k.index.keyModelDaily(DAY), `${KEY}:ghost`, 'nonsense');
    await store.sadd(k.index.accountModelDaily(DAY), `${ACCOUNT}:ghost`);
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
  });

  it('names a model of which only its keys know', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.srem(k.index.modelDaily(DAY), MODEL);
    await store.hdel(k.rollUp.totals('day', DAY, 'model'), MODEL);
    await store.del(k.modelDaily(MODEL, DAY));
    const { differences } = await rig.check();
    expect(new Set(differences.map(({ check, model }) => `${check} ${model}`))).toEqual(
      new Set([`keys-of-model ${MODEL}`, `roll-up-model ${MODEL}`]),
    );
  });

  it('names a model of which only the roll-ups of all keys know', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    const ghost = { ghost: '1 2 3 4 5 0 0 6 7 0 0' };
    await store.hset(k.rollUp.totals('day', DAY, 'model'), ghost);
    await store.hset(k.rollUp.accountModels('day', DAY, ACCOUNT), ghost);
    const { differences } = await rig.check();
    expect(new Set(differences.map(({ check, model }) => `${check} ${model}`))).toEqual(
      new Set(['roll-up-model ghost', 'roll-up-account-model ghost', 'roll-up-account null']),
    );
  });

  it.each([
    [k.daily(KEY, DAY), 'models'],
    [k.costDaily(KEY, DAY), 'cost'],
    [k.records(KEY), 'records'],
    [k.rollUp.keyModels('day', DAY, KEY), 'roll-up-key-model'],
    [k.rollUp.totals('day', DAY, 'account'), 'roll-up-account'],
    [k.total(KEY), 'total'],
    [k.globalDaily(DAY), 'all-keys'],
    [k.modelDaily(MODEL, DAY), 'keys-of-model'],
    [k.accountDaily(ACCOUNT, DAY), 'models-of-account'],
    [k.accountModelDaily(ACCOUNT, MODEL, DAY), 'models-of-account'],
  ])('takes %s of another type for one that is lost', async (key, check) => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await store.del(key);
    await store.zadd(key, 1, 'member');
    const { differences } = await rig.check();
    expect(differences.map((difference) => difference.check)).toContain(check);
  });

  it('goes on without an index of another type', async () => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    for (const index of [k.index.daily(DAY), k.index.keyModelDaily(DAY)]) {
      await store.del(index);
      await store.set(index, 'x');
    }
    await expect(rig.check()).resolves.toMatchObject({ total: 0 });
  });
});
