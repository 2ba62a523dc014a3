import { Injectable } from '@nestjs/common';
import type { RollUpGrain } from '@crs/store';
import { type Period, Zone } from '../../core/time/zone.js';
import { periodAt, periodsBetween } from './periods.js';
import { RollUpEntries } from './roll-up-entries.js';
import { RollUpReader, type RollUpQuery, type RollUpRow } from './roll-up.reader.js';
import { RollUpRepository } from './roll-up.repository.js';
import { ownerOf, rowsOf, type UsageEntry } from './usage-entry.js';
import { V1Usage } from './v1-usage.js';

/** No question that the API lets through takes as long; a store that hangs must not be asked for ever. */
const READ_MS = 20_000;

/** Reads roll-ups, and v1's counters where they know more: before there were any, and where v1 booked beside them. */
@Injectable()
export class StoredRollUps extends RollUpReader {
  constructor(
    private readonly repository: RollUpRepository,
    private readonly entries: RollUpEntries,
    private readonly v1: V1Usage,
    private readonly zone: Zone,
  ) {
    super();
  }

  /** The epoch ms from which on the roll-ups know everything; null = they know nothing. */
  async findStart(): Promise<number | null> {
    const since = await this.repository.readSince();
    return since === null ? null : this.zone.findDayStart(since);
  }

  async read(query: RollUpQuery, signal: AbortSignal = AbortSignal.timeout(READ_MS)): Promise<readonly RollUpRow[]> {
    const periods = periodsBetween(query.grain, query.from, query.to, this.zone);
    const known = await this.entries.read(query, periods.map(keyOf), signal);
    const counted = await this.readV1(query, periods, signal);
    return periods.flatMap(({ key }, at) => rowsOf(key, query.by, fuller(known[at] ?? [], counted[at] ?? [])));
  }

  async readWaste(
    query: Omit<RollUpQuery, 'by' | 'keyId'>,
    signal: AbortSignal = AbortSignal.timeout(READ_MS),
  ): Promise<readonly RollUpRow[]> {
    const periods = periodsBetween(query.grain, query.from, query.to, this.zone);
    const entries = await this.entries.readWaste({ ...query, by: 'account' }, periods.map(keyOf), signal);
    return periods.flatMap(({ key }, at) => rowsOf(key, 'account', entries[at] ?? []));
  }

  /** One period after the other: there may be as many counters in one as keys times models. */
  private async readV1(
    query: RollUpQuery,
    periods: readonly Period[],
    signal: AbortSignal,
  ): Promise<readonly (readonly UsageEntry[])[]> {
    const id = query.keyId ?? query.accountId;
    const filter = {
      owner: ownerOf(query),
      ...(id !== undefined && { id }),
      ...(query.model !== undefined && { model: query.model }),
    };
    const ofV1 = await this.findOfV1(query.grain, periods, signal);
    const lists: (readonly UsageEntry[])[] = [];
    for (const period of periods) {
      lists.push(ofV1.has(period) ? await this.v1.read(query.grain, period, filter, signal) : []);
    }
    return lists;
  }

  /**
   * The periods of which v1's counters know more. Our own bookings stand in them, too: without any beside them there is
   * nothing more to be read there. Where nobody knows, it is those before the roll-ups began.
   */
  private async findOfV1(
    grain: RollUpGrain,
    periods: readonly Period[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<Period>> {
    const counted = grain === 'month' ? 'month' : 'day';
    const wholeOf = (period: Period): string =>
      grain === 'hour' ? periodAt('day', period.startsAt, this.zone).key : period.key;
    const wholes = [...new Set(periods.map(wholeOf))];
    const start = (await this.findStart()) ?? Number.POSITIVE_INFINITY;
    // Before the roll-ups: what is booked between the two must not pass for v1's.
    const requests = await this.v1.countRequests(counted, wholes, signal);
    const known = await this.entries.read({ grain: counted, by: null }, wholes, signal);
    const hasMore = new Map(
      wholes.map((whole, at) => {
        const count = requests[at] ?? null;
        return [whole, count === null ? null : requestsIn(known[at] ?? []) < count];
      }),
    );
    return new Set(periods.filter((period) => hasMore.get(wholeOf(period)) ?? period.startsAt < start));
  }
}

/**
 * When the roll-ups began, the day and its month may have been half over; but where there was no v1, or nothing had been
 * used yet, they know everything, and more of it than v1's counters tell.
 */
const fuller = (known: readonly UsageEntry[], counted: readonly UsageEntry[]): readonly UsageEntry[] =>
  known.length === 0 || requestsIn(known) < requestsIn(counted) ? counted : known;

const requestsIn = (entries: readonly UsageEntry[]): number =>
  entries.reduce((sum, { figures }) => sum + figures.requests, 0);

const keyOf = ({ key }: Period): string => key;
