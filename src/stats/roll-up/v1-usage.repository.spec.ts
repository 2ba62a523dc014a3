import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from '../../core/time/zone.js';
import { periodAt } from './periods.js';
import { V1UsageRepository } from './v1-usage.repository.js';

const zone = new Zone(testConfig());
const never = new AbortController().signal;
const AT = Date.parse('2026-11-23T04:05:00Z');
const { usage } = keys;

describeOnEachStore('V1UsageRepository', (store) => {
  const sut = () => new V1UsageRepository(store(), zone);
  const day = periodAt('day', AT, zone);
  const hour = periodAt('hour', AT, zone);
  const month = periodAt('month', AT, zone);

  it('finds what a day index names, models with colons included', async () => {
    await store().sadd(usage.index.keyModelDaily('2026-11-23'), 'k1:sonnet', 'k2:ft:mini:1', 'damaged', ':none');
    await store().hset(usage.keyModelDaily('k1', 'sonnet', '2026-11-23'), { requests: '2' });
    await store().hset(usage.keyModelDaily('k2', 'ft:mini:1', '2026-11-23'), { requests: '3' });
    const found = await sut().read('day', day, { owner: 'key' }, never);
    expect(new Map(found.map((row) => [row.owner, row]))).toEqual(
      new Map([
        ['k1', { owner: 'k1', model: 'sonnet', hash: { requests: '2' } }],
        ['k2', { owner: 'k2', model: 'ft:mini:1', hash: { requests: '3' } }],
      ]),
    );
    const ofOne = await sut().read('day', day, { owner: 'key', id: 'k2' }, never);
    expect(ofOne.map(({ owner }) => owner)).toEqual(['k2']);
    const ofModel = await sut().read('day', day, { owner: 'key', model: 'sonnet' }, never);
    expect(ofModel.map(({ owner }) => owner)).toEqual(['k1']);
  });

  it('finds hours, and accounts', async () => {
    await store().sadd(usage.index.keyModelHourly('2026-11-23:12'), 'k1:sonnet');
    await store().hset(usage.keyModelHourly('k1', 'sonnet', '2026-11-23:12'), { requests: '2' });
    await store().sadd(usage.index.accountModelHourly('2026-11-23:12'), 'a1:sonnet');
    await store().hset(usage.accountModelHourly('a1', 'sonnet', '2026-11-23:12'), { requests: '4' });
    await store().sadd(usage.index.accountModelDaily('2026-11-23'), 'a1:opus');
    await store().set(usage.accountModelDaily('a1', 'opus', '2026-11-23'), 'of another type');
    const read = async (grain: 'hour' | 'day', owner: 'key' | 'account') =>
      sut().read(grain, grain === 'hour' ? hour : day, { owner }, never);
    expect(await read('hour', 'key')).toEqual([{ owner: 'k1', model: 'sonnet', hash: { requests: '2' } }]);
    expect(await read('hour', 'account')).toEqual([{ owner: 'a1', model: 'sonnet', hash: { requests: '4' } }]);
    expect(await read('day', 'account')).toEqual([{ owner: 'a1', model: 'opus', hash: {} }]);
  });

  it('finds the pairs of a month by its models and the keys that there are, deleted ones included', async () => {
    await store().sadd(usage.index.modelMonthly('2026-11'), 'sonnet');
    await store().sadd(keys.apiKey.all, 'k1', 'k2');
    await store().sadd(keys.apiKey.deleted, 'k2', 'k3');
    await store().sadd(usage.index.keyModelDaily('2026-11-05'), 'gone:haiku', 'k1:sonnet');
    await store().hset(usage.keyModelMonthly('k3', 'sonnet', '2026-11'), { requests: '9' });
    await store().hset(usage.keyModelMonthly('gone', 'haiku', '2026-11'), { requests: '1' });
    const found = await sut().read('month', month, { owner: 'key' }, never);
    const counted = found.filter(({ hash }) => Object.keys(hash).length > 0);
    expect(found.map(({ owner, model }) => `${owner}:${model}`).sort()).toEqual([
      'gone:haiku',
      'k1:sonnet',
      'k2:sonnet',
      'k3:sonnet',
    ]);
    expect(counted.map(({ owner }) => owner).sort()).toEqual(['gone', 'k3']);
    expect(await sut().read('month', month, { owner: 'key', id: 'k3' }, never)).toEqual([
      { owner: 'k3', model: 'sonnet', hash: { requests: '9' } },
    ]);
  });

  it('finds the pairs of a month by its models and the accounts of its days', async () => {
    await store().sadd(usage.index.modelMonthly('2026-11'), 'sonnet');
    await store().sadd(usage.index.accountDaily('2026-11-30'), 'a1');
    await store().hset(usage.accountModelMonthly('a1', 'sonnet', '2026-11'), { requests: '5' });
    expect(await sut().read('month', month, { owner: 'account' }, never)).toEqual([
      { owner: 'a1', model: 'sonnet', hash: { requests: '5' } },
    ]);
  });

  it('counts the requests of all keys where a newer v1 has', async () => {
    await store().hset(usage.globalDaily('2026-11-23'), { requests: '7' });
    await store().hset(usage.globalMonthly('2026-11'), { requests: '9' });
    const days = ['2026-11-22', '2026-11-23'];
    await expect(sut().countRequests('day', days, never)).resolves.toEqual([null, null]);
    await store().set(usage.index.migrated, '1763870000000');
    await expect(sut().countRequests('day', days, never)).resolves.toEqual([null, 7]);
    await expect(sut().countRequests('month', ['2026-11'], never)).resolves.toEqual([9]);
  });

  it('stops when nobody waits any more', async () => {
    await store().sadd(usage.index.keyModelDaily('2026-11-23'), 'k1:sonnet');
    await expect(sut().read('day', day, { owner: 'key' }, AbortSignal.abort())).rejects.toMatchObject({ status: 504 });
  });
});
