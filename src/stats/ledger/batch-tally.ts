import type {
  BatchWrites,
  CounterList,
  EstimateUpdate,
  FirstWrite,
  LastUse,
  WindowUse,
  WindowUses,
} from './batch-writes.js';
import { KEEP_UNCOSTED, uncostedHashOf } from '../uncosted-tokens.codec.js';

interface Kept<T> {
  readonly ttlSeconds: number;
  readonly values: T;
}

/** What the uses of one record sum up to. */
interface LastUseSums {
  readonly tally: Map<string, number>;
  /** Micro-USD by day. */
  readonly days: Map<string, number>;
}

/** Sums up what requests write, key by key, so that a batch touches each key once. */
export class BatchTally {
  private readonly hashes = new Map<string, Kept<Map<string, number>>>();
  private readonly uncosted = new Set<string>();
  private readonly seeds = new Map<string, string>();
  private readonly sums = new Map<string, Kept<{ usd: number }>>();
  private readonly sets = new Map<string, Kept<Set<string>>>();
  private readonly lists = new Map<string, Kept<string[]> & { readonly keep: number }>();
  private readonly uses = new Map<string, LastUse & LastUseSums>();
  private readonly windows = new Map<string, WindowUses & { readonly uses: WindowUse[] }>();
  private readonly releases = new Map<string, Set<string>>();
  private readonly estimates = new Map<string, EstimateUpdate & { readonly actuals: [string, number][] }>();
  private readonly rollUps = new Map<string, Kept<Map<string, number[]>>>();
  private readonly firsts = new Map<string, FirstWrite>();

  count(hash: string, ttlSeconds: number, counters: CounterList): void {
    addCounters(entryOf(this.hashes, hash, () => ({ ttlSeconds, values: new Map<string, number>() })).values, counters);
  }

  /** What the hash counted before it had costs is kept apart. */
  keepUncosted(hash: string): void {
    this.uncosted.add(hash);
  }

  seed(key: string, source: string): void {
    this.seeds.set(key, source);
  }

  sum(key: string, ttlSeconds: number, usd: number): void {
    entryOf(this.sums, key, () => ({ ttlSeconds, values: { usd: 0 } })).values.usd += usd;
  }

  member(set: string, ttlSeconds: number, member: string): void {
    entryOf(this.sets, set, () => ({ ttlSeconds, values: new Set<string>() })).values.add(member);
  }

  record(list: string, ttlSeconds: number, keep: number, record: string): void {
    entryOf(this.lists, list, () => ({ ttlSeconds, keep, values: [] })).values.push(record);
  }

  /** The latest counts; the counters and costs of all. */
  lastUse(use: LastUse): void {
    const before = this.uses.get(use.record);
    const tally = before?.tally ?? new Map<string, number>();
    const days = before?.days ?? new Map<string, number>();
    addCounters(tally, use.counters);
    addCounters(days, use.dailyCosts.flat());
    this.uses.set(use.record, { ...(before !== undefined && before.at > use.at ? before : use), tally, days });
  }

  /** Windows of one key may differ in length: its settings were changed meanwhile. */
  windowUse(start: string, lengthMs: number, use: WindowUse): void {
    entryOf(this.windows, `${lengthMs} ${start}`, () => ({ start, lengthMs, uses: [] })).uses.push(use);
  }

  release(set: string, member: string): void {
    entryOf(this.releases, set, () => new Set<string>()).add(member);
  }

  learn({ hash, ttlSeconds, actuals }: EstimateUpdate): void {
    const estimate = entryOf(this.estimates, hash, () => ({ hash, ttlSeconds, actuals: [] }));
    for (const [field, actual] of actuals) estimate.actuals.push([field, actual]);
  }

  rollUp(hash: string, ttlSeconds: number, field: string, figures: readonly number[]): void {
    const rows = entryOf(this.rollUps, hash, () => ({ ttlSeconds, values: new Map<string, number[]>() })).values;
    const before = rows.get(field);
    const sums = figures.map((figure, i) => figure + (before?.[i] ?? 0));
    rows.set(field, sums);
  }

  /** The greatest value is taken, the least fresh one, and all witnesses. */
  first(first: FirstWrite): void {
    const before = this.firsts.get(first.key) ?? first;
    this.firsts.set(first.key, {
      key: first.key,
      value: before.value < first.value ? first.value : before.value,
      fresh: before.fresh < first.fresh ? before.fresh : first.fresh,
      witnesses: [...new Set([...before.witnesses, ...first.witnesses])],
    });
  }

  toWrites(): BatchWrites {
    return {
      counts: [...this.hashes].map(([hash, { ttlSeconds, values }]) => [hash, ttlSeconds, [...values].flat()]),
      keeps: { ...KEEP_UNCOSTED, hashes: [...this.uncosted].map((hash) => [hash, uncostedHashOf(hash)]) },
      seeds: [...this.seeds],
      sums: [...this.sums].map(([key, { ttlSeconds, values }]) => [key, ttlSeconds, String(values.usd)]),
      members: [...this.sets].map(([set, { ttlSeconds, values }]) => [set, ttlSeconds, [...values]]),
      records: [...this.lists].map(([list, { ttlSeconds, keep, values }]) => [list, ttlSeconds, keep, values]),
      lastUses: [...this.uses.values()].map(({ tally, days, ...use }) => ({
        ...use,
        counters: [...tally].flat(),
        dailyCosts: [...days].sort(([a], [b]) => (a < b ? -1 : 1)),
      })),
      windows: [...this.windows.values()],
      releases: [...this.releases].map(([set, members]) => [set, [...members]]),
      estimates: [...this.estimates.values()],
      rollUps: [...this.rollUps].map(([hash, { ttlSeconds, values }]) => [hash, ttlSeconds, [...values]]),
      firsts: [...this.firsts.values()],
    };
  }
}

function entryOf<V>(map: Map<string, V>, key: string, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = create();
  map.set(key, made);
  return made;
}

function addCounters(sums: Map<string, number>, counters: CounterList): void {
  for (let i = 0; i + 1 < counters.length; i += 2) {
    const field = String(counters[i]);
    sums.set(field, (sums.get(field) ?? 0) + Number(counters[i + 1]));
  }
}
