import { keys } from '@crs/store';

/** A member that an index set of v1 needs, because there is a key that it is to be found by. */
export interface IndexEntry {
  readonly set: string;
  readonly member: string;
  /** Of the set, as v1 gives it; 0 = for ever. */
  readonly ttlSeconds: number;
  /** The key when only a hash is a record; null: whatever it holds, its name is enough. */
  readonly recordKey: string | null;
}

const DAY_SECONDS = 86_400;
const TTL = { hour: 7 * DAY_SECONDS, day: 32 * DAY_SECONDS, month: 365 * DAY_SECONDS } as const;
const FOREVER = 0;

const { index } = keys.usage;

/** Ids have no colon, models may; an index has no id before its period and so is taken for no counter. */
const ID = '((?!index:)[^:]+)';
const MODEL = '(?!index:)(.+)';
const PERIOD = {
  day: String.raw`(\d{4}-\d{2}-\d{2})`,
  hour: String.raw`(\d{4}-\d{2}-\d{2}:\d{2})`,
  month: String.raw`(\d{4}-\d{2})`,
} as const;

interface Rule {
  readonly name: RegExp;
  readonly ttlSeconds: number;
  readonly setOf: (period: string) => string;
}

const rule = (grain: keyof typeof PERIOD, prefix: string, setOf: Rule['setOf']): Rule => ({
  name: new RegExp(`^${prefix}:${PERIOD[grain]}$`, 's'),
  ttlSeconds: TTL[grain],
  setOf,
});

/** Names of v1's counters: what stands before the period is the member of the period's set. */
const COUNTERS: readonly Rule[] = [
  rule('day', `usage:daily:${ID}`, index.daily),
  rule('hour', `usage:hourly:${ID}`, index.hourly),
  rule('day', `usage:model:daily:${MODEL}`, index.modelDaily),
  rule('hour', `usage:model:hourly:${MODEL}`, index.modelHourly),
  rule('month', `usage:model:monthly:${MODEL}`, index.modelMonthly),
  rule('day', `usage:${ID}:model:daily:${MODEL}`, index.keyModelDaily),
  rule('hour', `usage:${ID}:model:hourly:${MODEL}`, index.keyModelHourly),
  rule('day', `account_usage:daily:${ID}`, index.accountDaily),
  rule('hour', `account_usage:hourly:${ID}`, index.accountHourly),
  rule('day', `account_usage:model:daily:${ID}:${MODEL}`, index.accountModelDaily),
  rule('hour', `account_usage:model:hourly:${ID}:${MODEL}`, index.accountModelHourly),
];

/**
 * What the index sets must name, so that nobody has to search the whole database for a key of this name.
 *
 * @param recordPrefixes of the accounts that are served
 */
export function indexEntriesOf(name: string, recordPrefixes: readonly string[]): readonly IndexEntry[] {
  for (const { name: pattern, ttlSeconds, setOf } of COUNTERS) {
    const parts = pattern.exec(name)?.slice(1);
    const period = parts?.pop();
    if (parts === undefined || period === undefined) continue;
    const set = setOf(period);
    const entry = { set, member: parts.join(':'), ttlSeconds, recordKey: null };
    if (set !== index.modelMonthly(period)) return [entry];
    return [entry, { set: index.modelMonths, member: period, ttlSeconds: FOREVER, recordKey: null }];
  }
  return accountEntriesOf(name, recordPrefixes);
}

function accountEntriesOf(name: string, recordPrefixes: readonly string[]): readonly IndexEntry[] {
  const prefix = recordPrefixes.find((each) => name.startsWith(keys.account.record(each, '')));
  if (prefix === undefined) return [];
  const id = name.slice(keys.account.record(prefix, '').length);
  if (id === '' || id === 'index' || id.includes(':')) return [];
  return [{ set: keys.account.index(prefix), member: id, ttlSeconds: FOREVER, recordKey: name }];
}
