import { BadRequestException, Injectable } from '@nestjs/common';
import type { RollUpDimension, RollUpGrain } from '@crs/store';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import { SettlementQueue } from '../ledger/settlement-queue.js';
import type { Figures } from '../roll-up/figures.js';
import { RollUpReader, type RollUpRow } from '../roll-up/roll-up.reader.js';
import { FigureSums } from './figure-sums.js';
import { partsOf, type SpanPart } from './span-parts.js';
import { totalOf } from './stats-figures.js';
import type { StatsSpan } from './stats-span.js';

/** Only of this key, account or model. */
export interface StatsFilter {
  readonly keyId?: string;
  readonly accountId?: string;
  readonly model?: string;
}

export interface SpanQuery extends StatsFilter {
  readonly span: StatsSpan;
  readonly by: RollUpDimension | null;
}

export interface SpanRow {
  /** '' when the span is wanted as a whole. */
  readonly period: string;
  /** Of the dimension; '' where there is none. */
  readonly id: string;
  readonly figures: Figures;
}

/** An answer of more rows would be read by nobody. */
const MOST_ROWS = 20_000;
const READ_MS = 20_000;
/** What this process has not settled yet usually takes some milliseconds; with the store away the rest is told anyway. */
const SETTLE_MS = 1000;

/** Reads what was used in a whole span, or in its hours, days or months. */
@Injectable()
export class SpanReader {
  constructor(
    private readonly rollUps: RollUpReader,
    private readonly settlements: SettlementQueue,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /** Rows in the order of periods. Refuses, with a 400, what has more than 20,000 of them. */
  read({ span, ...question }: SpanQuery): Promise<readonly SpanRow[]> {
    return this.sumParts(span, ({ sign: _, ...part }, signal) => this.rollUps.read({ ...question, ...part }, signal));
  }

  /** All that was used since midnight. */
  async readToday(): Promise<Figures> {
    const now = this.clock.now();
    const span = { from: this.zone.dayStart(now), to: this.zone.nextDay(now), granularity: 'day' as const };
    return totalOf(await this.read({ span, by: null }));
  }

  /** By account: what attempts used that led to no answer. */
  readWaste(span: StatsSpan, filter: Omit<StatsFilter, 'keyId'>): Promise<readonly SpanRow[]> {
    return this.sumParts(span, ({ sign: _, ...part }, signal) =>
      this.rollUps.readWaste({ ...filter, ...part }, signal),
    );
  }

  private async sumParts(
    span: StatsSpan,
    read: (part: SpanPart, signal: AbortSignal) => Promise<readonly RollUpRow[]>,
  ): Promise<readonly SpanRow[]> {
    await this.settlements.flushed(AbortSignal.timeout(SETTLE_MS));
    const signal = AbortSignal.timeout(READ_MS);
    const known = { now: this.clock.now(), start: await this.rollUps.findStart() };
    const byPeriod = new Map<string, FigureSums>();
    for (const part of partsOf(span, known, this.zone)) {
      for (const { period, id, figures } of await read(part, signal)) {
        sumsOf(shownPeriod(period, span.granularity), byPeriod).add(id, figures, part.sign);
      }
      refuseTooMany(byPeriod);
    }
    return [...byPeriod].flatMap(([period, sums]) => sums.entries().map(([id, figures]) => ({ period, id, figures })));
  }
}

function sumsOf(period: string, byPeriod: Map<string, FigureSums>): FigureSums {
  const known = byPeriod.get(period);
  if (known !== undefined) return known;
  const sums = new FigureSums();
  byPeriod.set(period, sums);
  return sums;
}

function shownPeriod(period: string, granularity: RollUpGrain | null): string {
  if (granularity === null) return '';
  return granularity === 'month' ? period.slice(0, 'YYYY-MM'.length) : period;
}

function refuseTooMany(byPeriod: ReadonlyMap<string, FigureSums>): void {
  const rows = [...byPeriod.values()].reduce((sum, { size }) => sum + size, 0);
  if (rows <= MOST_ROWS) return;
  throw new BadRequestException(
    `The answer would have more than ${MOST_ROWS} rows. Ask for a shorter span, a coarser granularity, or one key or account.`,
  );
}
