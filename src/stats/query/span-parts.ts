import type { RollUpGrain } from '@crs/store';
import type { Period, Zone } from '../../core/time/zone.js';
import { DAY_MS, HOUR_MS, periodsBetween } from '../roll-up/periods.js';
import type { StatsSpan } from './stats-span.js';

/** A stretch of time that is read in periods of one grain. */
export interface SpanPart {
  readonly grain: RollUpGrain;
  readonly from: number;
  readonly to: number;
  /** -1: what was used in it is taken away again. */
  readonly sign: 1 | -1;
}

/** What decides whether a month is read as one. Epoch ms. */
export interface KnownTime {
  readonly now: number;
  /** From when on the roll-ups know everything; null = not yet. */
  readonly start: number | null;
}

/** v1 keeps the counters of a day for 32 days after its last request. */
const V1_DAYS = 31;
/** Roll-ups of days live 400 days after their last request. */
const ROLL_UP_DAYS = 399;
/** So that what was read of a long span never piles up unseen. */
const MOST_PERIODS = 32;

/**
 * The parts of a span, in order: where no days or hours are wanted, months that lie inside it are read as one, and of
 * those that are over and lie inside for the most part, the days outside are taken away again.
 */
export function partsOf(span: StatsSpan, known: KnownTime, zone: Zone): readonly SpanPart[] {
  const { from, to, granularity } = span;
  if (granularity === 'hour' || granularity === 'day') return slicesOf(granularity, from, to);
  return periodsBetween('month', from, to, zone).flatMap((month) => partsOfMonth(month, span, known, zone));
}

function partsOfMonth(month: Period, { from, to }: StatsSpan, known: KnownTime, zone: Zone): readonly SpanPart[] {
  const inside = days(Math.max(month.startsAt, from), Math.min(month.endsAt, to), 1);
  const outside = [days(month.startsAt, inside.from, -1), days(inside.to, month.endsAt, -1)].filter(lengthOf);
  const whole: SpanPart = { grain: 'month', from: month.startsAt, to: month.endsAt, sign: 1 };
  const today = zone.dayStart(known.now);
  const isInRollUps = known.start !== null && month.startsAt >= known.start;
  // The current month lies inside when the span ends today, for nothing has been used after that.
  if (inside.from === month.startsAt && (inside.to === month.endsAt || inside.to > known.now)) {
    // The month in which the roll-ups began is not whole in them; while v1's days are there they are the better source.
    return isInRollUps || month.startsAt < today - V1_DAYS * DAY_MS ? [whole] : [inside];
  }
  const isOver = month.endsAt <= today && month.startsAt >= today - ROLL_UP_DAYS * DAY_MS;
  const isMostlyInside = outside.reduce((sum, part) => sum + lengthOf(part), 0) < lengthOf(inside);
  return isInRollUps && isMostlyInside && isOver ? [whole, ...outside] : [inside];
}

const days = (from: number, to: number, sign: SpanPart['sign']): SpanPart => ({ grain: 'day', from, to, sign });

const lengthOf = ({ from, to }: SpanPart): number => to - from;

function slicesOf(grain: 'hour' | 'day', from: number, to: number): readonly SpanPart[] {
  const lengthMs = MOST_PERIODS * (grain === 'hour' ? HOUR_MS : DAY_MS);
  const slices: SpanPart[] = [];
  for (let at = from; at < to; at += lengthMs)
    slices.push({ grain, from: at, to: Math.min(at + lengthMs, to), sign: 1 });
  return slices;
}
