import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { ACCOUNTS, bookedRig, DAY, KEYS, MODELS } from '../../../test/support/doctor-rig.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import type { Check } from './difference.js';

const k = keys.usage;
const [KEY = ''] = KEYS;
const [MODEL = ''] = MODELS;
const [ACCOUNT = ''] = ACCOUNTS;
const MONTH = '2026-11';
const HOUR = `${DAY}:18`;

const add = (key: string, field: string) => (store: StoreClient) => store.hincrby(key, field, 7);
const pay = (key: string) => (store: StoreClient) => store.incrbyfloat(key, 0.5);

/** Adds to one of the packed figures of a field. */
const repack = (key: string, field: string, position: number) => async (store: StoreClient) => {
  const figures = ((await store.hget(key, field)) ?? '').split(' ').map(Number);
  figures[position] = (figures[position] ?? 0) + 7_000_000;
  await store.hset(key, { [field]: figures.join(' ') });
};
const REQUESTS = 0;
const RATED = 8;

const changeRecord = (change: (text: string) => string) => async (store: StoreClient) => {
  const texts = await store.lrange(k.records(KEY), 0, -1);
  await store.del(k.records(KEY));
  await store.lpush(k.records(KEY), ...texts.toReversed().map((text, at) => (at === 8 ? change(text) : text)));
};

type Damage = (store: StoreClient) => Promise<unknown>;

/** One place is changed; every comparison that it is part of names it, first of all the one given. */
const DAMAGES: readonly (readonly [name: string, damage: Damage, check: Check, figure: string, source: string])[] = [
  ['a day of a key', add(k.daily(KEY, DAY), 'inputTokens'), 'models', 'inputTokens', k.daily(KEY, DAY)],
  ['the plain sum of a day', add(k.daily(KEY, DAY), 'tokens'), 'models', 'tokens', k.daily(KEY, DAY)],
  ['a month of a key', add(k.monthly(KEY, MONTH), 'outputTokens'), 'models', 'outputTokens', k.monthly(KEY, MONTH)],
  ['a month against its days', add(k.monthly(KEY, MONTH), 'requests'), 'days', 'requests', k.monthly(KEY, MONTH)],
  ['an hour', add(k.hourly(KEY, HOUR), 'requests'), 'hours', 'requests', k.hourly(KEY, `${DAY}:*`)],
  ['a lost hour', (store) => store.del(k.hourly(KEY, HOUR)), 'hours', 'requests', k.hourly(KEY, `${DAY}:*`)],
  ['the cost of an hour', pay(k.costHourly(KEY, HOUR)), 'hours', 'costUsd', k.costHourly(KEY, `${DAY}:*`)],
  [
    'a model of a key',
    add(k.keyModelDaily(KEY, MODEL, DAY), 'cacheReadTokens'),
    'models',
    'cacheReadTokens',
    k.keyModelDaily(KEY, '*', DAY),
  ],
  [
    'a model of a month',
    add(k.keyModelMonthly(KEY, MODEL, MONTH), 'allTokens'),
    'models',
    'allTokens',
    k.keyModelMonthly(KEY, '*', MONTH),
  ],
  ['the cost of a day', pay(k.costDaily(KEY, DAY)), 'cost', 'costUsd', k.costDaily(KEY, DAY)],
  ['a lost cost', (store) => store.del(k.costDaily(KEY, DAY)), 'cost', 'costUsd', k.costDaily(KEY, DAY)],
  [
    'a lost real cost',
    (store) => store.del(k.costRealDaily(KEY, DAY)),
    'cost',
    'realCostUsd',
    k.costRealDaily(KEY, DAY),
  ],
  ['the cost of a month', pay(k.costMonthly(KEY, MONTH)), 'cost', 'costUsd', k.costMonthly(KEY, MONTH)],
  [
    'the cost of a model',
    (store) => store.hincrby(k.keyModelDaily(KEY, MODEL, DAY), 'realCostMicro', 9000),
    'cost',
    'realCostUsd',
    k.keyModelDaily(KEY, '*', DAY),
  ],
  ['all keys', add(k.globalDaily(DAY), 'requests'), 'all-keys', 'requests', k.globalDaily(DAY)],
  ['all keys, lost', (store) => store.del(k.globalDaily(DAY)), 'all-keys', 'requests', k.globalDaily(DAY)],
  [
    'a model of all keys',
    add(k.modelDaily(MODEL, DAY), 'requests'),
    'keys-of-model',
    'requests',
    k.modelDaily(MODEL, DAY),
  ],
  [
    'an account',
    add(k.accountDaily(ACCOUNT, DAY), 'requests'),
    'models-of-account',
    'requests',
    k.accountDaily(ACCOUNT, DAY),
  ],
  [
    'a model of an account',
    add(k.accountModelDaily(ACCOUNT, MODEL, DAY), 'inputTokens'),
    'models-of-account',
    'inputTokens',
    k.accountModelDaily(ACCOUNT, '*', DAY),
  ],
  [
    'the roll-up of a key',
    repack(k.rollUp.totals('day', DAY, 'key'), KEY, REQUESTS),
    'roll-up-key',
    'requests',
    `${k.rollUp.totals('day', DAY, 'key')} ${KEY}`,
  ],
  [
    'the cost in the roll-up of a key',
    repack(k.rollUp.totals('day', DAY, 'key'), KEY, RATED),
    'roll-up-key',
    'costUsd',
    `${k.rollUp.totals('day', DAY, 'key')} ${KEY}`,
  ],
  [
    'a lost roll-up of a key',
    (store) => store.hdel(k.rollUp.totals('day', DAY, 'key'), KEY),
    'roll-up-key',
    'requests',
    `${k.rollUp.totals('day', DAY, 'key')} ${KEY}`,
  ],
  [
    'a damaged roll-up of a key',
    (store) => store.hset(k.rollUp.totals('day', DAY, 'key'), { [KEY]: 'x' }),
    'roll-up-key',
    'requests',
    `${k.rollUp.totals('day', DAY, 'key')} ${KEY}`,
  ],
  [
    'the roll-up of a key and model',
    repack(k.rollUp.keyModels('day', DAY, KEY), MODEL, RATED),
    'roll-up-key-model',
    'costUsd',
    `${k.rollUp.keyModels('day', DAY, KEY)} ${MODEL}`,
  ],
  [
    'the roll-up of an account',
    repack(k.rollUp.totals('day', DAY, 'account'), ACCOUNT, REQUESTS),
    'roll-up-account',
    'requests',
    `${k.rollUp.totals('day', DAY, 'account')} ${ACCOUNT}`,
  ],
  [
    'the cost in the roll-up of an account',
    repack(k.rollUp.totals('day', DAY, 'account'), ACCOUNT, RATED),
    'roll-up-account',
    'costUsd',
    `${k.rollUp.totals('day', DAY, 'account')} ${ACCOUNT}`,
  ],
  [
    'the roll-up of an account and model',
    repack(k.rollUp.accountModels('day', DAY, ACCOUNT), MODEL, REQUESTS),
    'roll-up-account-model',
    'requests',
    `${k.rollUp.accountModels('day', DAY, ACCOUNT)} ${MODEL}`,
  ],
  [
    'the roll-up of a model',
    repack(k.rollUp.totals('day', DAY, 'model'), MODEL, REQUESTS),
    'roll-up-model',
    'requests',
    `${k.rollUp.totals('day', DAY, 'model')} ${MODEL}`,
  ],
  [
    'the cost in the roll-up of a model',
    repack(k.rollUp.totals('day', DAY, 'model'), MODEL, RATED),
    'roll-up-model',
    'costUsd',
    `${k.rollUp.totals('day', DAY, 'model')} ${MODEL}`,
  ],
  ['a lost record', (store) => store.ltrim(k.records(KEY), 1, -1), 'records', 'requests', k.records(KEY)],
  [
    'the cost of a record',
    changeRecord((text) => text.replace(/"cost":[\d.]+/, '"cost":9')),
    'records',
    'costUsd',
    k.records(KEY),
  ],
  ['all records', (store) => store.del(k.records(KEY)), 'records', 'requests', k.records(KEY)],
  ['an entry that is no record', changeRecord(() => 'x'), 'record-unreadable', 'requests', k.records(KEY)],
  [
    'a record that is there twice',
    changeRecord((text) => text.replace(/"requestId":"[^"]+"/, `"requestId":"req-${DAY}T10:00:00Z-0"`)),
    'record-twice',
    `req-${DAY}T10:00:00Z-0`,
    k.records(KEY),
  ],
  [
    'the total of a key',
    (store) => store.hset(k.total(KEY), { totalRequests: '3' }),
    'total',
    'requests',
    k.total(KEY),
  ],
  ['a lost cost in total', (store) => store.del(k.costTotal(KEY)), 'total', 'costUsd', k.costTotal(KEY)],
  [
    'a counter that is no number',
    (store) => store.hset(k.daily(KEY, DAY), { requests: 'x' }),
    'models',
    'requests',
    k.daily(KEY, DAY),
  ],
];

describeOnEachStore('UsageDoctor, damages', (storeOfCase) => {
  it.each(DAMAGES)('names the place that was damaged: %s', async (_, damage, check, figure, source) => {
    const store = storeOfCase();
    const rig = await bookedRig(store);
    await damage(store);
    const { differences, total } = await rig.check();
    expect(total).toBe(differences.length);
    const named = differences.filter((each) => each.check === check && each.figure === figure);
    expect(named.map(({ left, right }) => [left.source, right.source]).flat()).toContain(source);
    for (const { left, right } of named) expect(left.value).not.toBe(right.value);
  });
});
