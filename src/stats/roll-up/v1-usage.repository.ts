import { Inject, Injectable } from '@nestjs/common';
import { keys, type RollUpGrain, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { type Period, Zone } from '../../core/time/zone.js';
import type { StoredHash } from '../key-usage.js';
import { uncostedHashOf, withUncosted } from '../uncosted-tokens.codec.js';
import { readInChunks } from './chunked-read.js';
import { periodsBetween } from './periods.js';
import type { UsageOwner } from './usage-entry.js';

/** Whose counters are wanted; what is left out does not matter. */
export interface V1UsageFilter {
  readonly owner: UsageOwner;
  readonly id?: string;
  readonly model?: string;
}

/** The counters of one owner and model in one period. */
export interface V1Counters {
  readonly owner: string;
  readonly model: string;
  readonly hash: StoredHash;
}

type OwnerAndModel = readonly [owner: string, model: string];

/** Reads the counters that v1 keeps by key and model and by account and model, for as long as it keeps them. */
@Injectable()
export class V1UsageRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
  ) {}

  async read(
    grain: RollUpGrain,
    period: Period,
    filter: V1UsageFilter,
    signal: AbortSignal,
  ): Promise<readonly V1Counters[]> {
    const listed = await this.listPairs(grain, period, filter);
    const pairs = listed.filter(
      ([owner, model]) => (filter.id ?? owner) === owner && (filter.model ?? model) === model,
    );
    const keyOf = COUNTERS[filter.owner][grain];
    const counters = pairs.map(([owner, model]) => keyOf(owner, model, period.key));
    const replies = await this.readHashes(counters, signal);
    const uncosted = filter.owner === 'key' ? await this.readUncosted(counters, signal) : [];
    return pairs.map(([owner, model], at) => ({ owner, model, hash: withUncosted(replies[at], uncosted[at]) }));
  }

  /**
   * Requests of all keys and models together in each period, also those that the roll-ups have; null = nobody knows. Old
   * versions did not count them: without the mark of a newer one, the counter knows only what was booked since this
   * version began.
   */
  async countRequests(
    grain: 'day' | 'month',
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (number | null)[]> {
    const hashOf = grain === 'day' ? usage.globalDaily : usage.globalMonthly;
    const commands = periods.map((period): StoreCommand => ['hget', hashOf(period), 'requests']);
    const mark: StoreCommand = ['exists', usage.index.migrated];
    const [migrated, ...replies] = await readInChunks(this.store, [mark, ...commands], signal);
    return replies.map((reply) => {
      const count = Number.parseInt(String(reply), 10);
      return migrated === 0 || Number.isNaN(count) ? null : count;
    });
  }

  /** Of each counter what it counted before it had costs. */
  private async readUncosted(
    counters: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (string | undefined)[]> {
    const hashes = [...new Set(counters.map(uncostedHashOf))];
    const replies = await this.readHashes(hashes, signal);
    const byHash = new Map(hashes.map((hash, at) => [hash, replies[at]]));
    return counters.map((counter) => byHash.get(uncostedHashOf(counter))?.[counter]);
  }

  private async readHashes(names: readonly string[], signal: AbortSignal): Promise<readonly StoredHash[]> {
    const commands = names.map((name): StoreCommand => ['hgetall', name]);
    return (await readInChunks(this.store, commands, signal)).map((reply) => (reply ?? {}) as StoredHash);
  }

  private async listPairs(
    grain: RollUpGrain,
    period: Period,
    filter: V1UsageFilter,
  ): Promise<readonly OwnerAndModel[]> {
    if (grain === 'month') return this.listPairsOfMonth(period, filter);
    const members = await this.store.smembers(INDEXES[filter.owner][grain](period.key));
    return members.flatMap(pairIn);
  }

  /** v1 has no index of a month's pairs: those of its days that are still there, and all owners times all models. */
  private async listPairsOfMonth(month: Period, filter: V1UsageFilter): Promise<readonly OwnerAndModel[]> {
    const days = periodsBetween('day', month.startsAt, month.endsAt, this.zone);
    const ofDays = await Promise.all(days.map((day) => this.listPairs('day', day, filter)));
    const models = await this.store.smembers(keys.usage.index.modelMonthly(month.key));
    const owners = filter.id === undefined ? await this.listOwners(filter.owner, days) : [filter.id];
    const all = [...ofDays.flat(), ...owners.flatMap((owner) => models.map((model): OwnerAndModel => [owner, model]))];
    return [...new Map(all.map((pair) => [pair.join(':'), pair])).values()];
  }

  private async listOwners(owner: UsageOwner, days: readonly Period[]): Promise<readonly string[]> {
    const indexes =
      owner === 'key'
        ? [keys.apiKey.all, keys.apiKey.deleted]
        : days.map(({ key }) => keys.usage.index.accountDaily(key));
    const lists = await Promise.all(indexes.map((index) => this.store.smembers(index)));
    return [...new Set(lists.flat())];
  }
}

const { usage } = keys;

const COUNTERS = {
  key: { hour: usage.keyModelHourly, day: usage.keyModelDaily, month: usage.keyModelMonthly },
  account: { hour: usage.accountModelHourly, day: usage.accountModelDaily, month: usage.accountModelMonthly },
} as const;

const INDEXES = {
  key: { hour: usage.index.keyModelHourly, day: usage.index.keyModelDaily },
  account: { hour: usage.index.accountModelHourly, day: usage.index.accountModelDaily },
} as const;

/** The parts of `{id}:{model}`: ids have no colon, models may. */
function pairIn(member: string): readonly OwnerAndModel[] {
  const end = member.indexOf(':');
  return end > 0 ? [[member.slice(0, end), member.slice(end + 1)]] : [];
}
