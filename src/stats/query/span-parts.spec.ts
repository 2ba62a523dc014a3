import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from '../../core/time/zone.js';
import { DAY_MS } from '../roll-up/periods.js';
import { partsOf } from './span-parts.js';
import type { StatsSpan } from './stats-span.js';

const zone = new Zone(testConfig());
const dayStart = (day: string): number => zone.findDayStart(day) ?? Number.NaN;
const NOW = Date.parse('2026-11-23T04:06:00Z');
const span = (from: string, to: string, granularity: StatsSpan['granularity'] = null): StatsSpan => ({
  from: dayStart(from),
  to: dayStart(to),
  granularity,
});
const shown = (parts: ReturnType<typeof partsOf>): readonly string[] =>
  parts.map(({ grain, from, to, sign }) => `${sign === 1 ? '' : '-'}${grain} ${zone.day(from)} ${zone.day(to)}`);

describe('partsOf', () => {
  const known = { now: NOW, start: dayStart('2026-01-01') };

  it('reads months as one where they lie inside, the current one included', () => {
    expect(shown(partsOf(span('2026-08-26', '2026-11-24'), known, zone))).toEqual([
      'day 2026-08-26 2026-09-01',
      'month 2026-09-01 2026-10-01',
      'month 2026-10-01 2026-11-01',
      'month 2026-11-01 2026-12-01',
    ]);
    expect(shown(partsOf(span('2026-10-01', '2026-11-23', 'month'), known, zone))).toEqual([
      'month 2026-10-01 2026-11-01',
      'day 2026-11-01 2026-11-23',
    ]);
  });

  it("reads v1's days while they are there, and its months before", () => {
    const half = { now: NOW, start: dayStart('2026-11-10') };
    expect(shown(partsOf(span('2026-09-01', '2026-11-24'), half, zone))).toEqual([
      'month 2026-09-01 2026-10-01',
      'month 2026-10-01 2026-11-01',
      'day 2026-11-01 2026-11-24',
    ]);
    expect(shown(partsOf(span('2026-11-01', '2026-11-24'), { now: NOW, start: null }, zone))).toEqual([
      'day 2026-11-01 2026-11-24',
    ]);
  });

  it('slices long rows of days and hours', () => {
    expect(shown(partsOf(span('2026-09-01', '2026-11-01', 'day'), known, zone))).toEqual([
      'day 2026-09-01 2026-10-03',
      'day 2026-10-03 2026-11-01',
    ]);
    expect(partsOf(span('2026-11-01', '2026-11-09', 'hour'), known, zone)).toHaveLength(6);
  });

  it('takes away the few days of a month that lie outside, when it is over', () => {
    expect(shown(partsOf(span('2026-08-02', '2026-10-31'), known, zone))).toEqual([
      'month 2026-08-01 2026-09-01',
      '-day 2026-08-01 2026-08-02',
      'month 2026-09-01 2026-10-01',
      'month 2026-10-01 2026-11-01',
      '-day 2026-10-31 2026-11-01',
    ]);
    expect(shown(partsOf(span('2026-10-20', '2026-11-22'), known, zone))).toEqual([
      'day 2026-10-20 2026-11-01',
      'day 2026-11-01 2026-11-22',
    ]);
    expect(shown(partsOf(span('2026-10-05', '2026-10-25'), known, zone))).toEqual([
      'month 2026-10-01 2026-11-01',
      '-day 2026-10-01 2026-10-05',
      '-day 2026-10-25 2026-11-01',
    ]);
  });

  it('does not take days away that are not kept any more', () => {
    const old = { now: NOW, start: dayStart('2020-01-01') };
    expect(shown(partsOf(span('2025-03-02', '2025-04-01'), old, zone))).toEqual(['day 2025-03-02 2025-04-01']);
  });

  it('counts each day of a span once and no other, up to now', () => {
    const days = fc.integer({ min: -700, max: 0 });
    const grains = fc.constantFrom(null, 'day' as const, 'month' as const);
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 90 }), days, grains, (first, length, since, granularity) => {
        const today = zone.dayStart(NOW);
        const from = today + first * DAY_MS;
        const to = Math.min(from + length * DAY_MS, today + DAY_MS);
        const parts = partsOf({ from, to, granularity }, { now: NOW, start: today + since * DAY_MS }, zone);
        for (let day = from - 40 * DAY_MS; day < Math.min(to + 40 * DAY_MS, today + DAY_MS); day += DAY_MS) {
          const counted = parts.filter((part) => part.from <= day && day < part.to);
          const times = counted.reduce((sum, { sign }) => sum + sign, 0);
          expect({ day: zone.day(day), times }).toEqual({ day: zone.day(day), times: day >= from && day < to ? 1 : 0 });
        }
      }),
    );
  });
});
