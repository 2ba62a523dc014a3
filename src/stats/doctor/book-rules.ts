import type { Zone } from '../../core/time/zone.js';
import { DAY_MS, HOUR_MS } from '../roll-up/periods.js';
import type { BookState } from './shared-books.repository.js';

/** How long v1 and this gateway keep counters after the last request, in days. */
const KEPT_DAYS = { hour: 7, day: 32, dayCost: 30, month: 365, monthCost: 90 } as const;
/** A check takes a while, and what expires meanwhile is no difference. */
const MARGIN_MS = HOUR_MS;

/** Says what can be compared: what must still be there, and what was kept from the beginning. Times are epoch ms. */
export class BookRules {
  private readonly rollUpsFrom: number;

  constructor(
    private readonly state: BookState,
    private readonly now: number,
    zone: Zone,
  ) {
    const start = state.since === null ? null : zone.findDayStart(state.since);
    this.rollUpsFrom = start ?? Number.POSITIVE_INFINITY;
  }

  /** The roll-ups know a period that begins then from its beginning. */
  isRolledUp(startsAt: number): boolean {
    return startsAt >= this.rollUpsFrom;
  }

  /** The index sets name everything that was used in a period that begins then. */
  isIndexed(startsAt: number): boolean {
    return this.state.isIndexed || this.isRolledUp(startsAt);
  }

  /** What was written in a period that begins then is all still there. */
  keeps(kind: keyof typeof KEPT_DAYS, startsAt: number): boolean {
    return startsAt + KEPT_DAYS[kind] * DAY_MS > this.now + MARGIN_MS;
  }
}
