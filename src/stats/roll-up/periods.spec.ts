import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from '../../core/time/zone.js';
import { periodAt, periodsBetween } from './periods.js';

const zoneAt = (zoneOffsetHours: number): Zone => new Zone(testConfig({ zoneOffsetHours }));
const grains = fc.constantFrom('hour' as const, 'day' as const, 'month' as const);

describe('periods', () => {
  it.each([
    ['hour', '2024-02-29:23', '2024-02-29T15:00:00Z', '2024-02-29T16:00:00Z'],
    ['day', '2024-02-29', '2024-02-28T16:00:00Z', '2024-02-29T16:00:00Z'],
    ['month', '2024-02', '2024-01-31T16:00:00Z', '2024-02-29T16:00:00Z'],
  ] as const)('of an instant: the %s %s', (grain, key, startsAt, endsAt) => {
    expect(periodAt(grain, Date.parse('2024-02-29T15:59:59.999Z'), zoneAt(8))).toEqual({
      key,
      startsAt: Date.parse(startsAt),
      endsAt: Date.parse(endsAt),
    });
  });

  it('hold their instant and all that has their name, in any zone', () => {
    const instants = fc.integer({ min: Date.parse('2019-01-01'), max: Date.parse('2033-01-01') });
    fc.assert(
      fc.property(grains, instants, fc.integer({ min: -12, max: 14 }), (grain, atMs, offset) => {
        const zone = zoneAt(offset);
        const { key, startsAt, endsAt } = periodAt(grain, atMs, zone);
        expect(startsAt <= atMs && atMs < endsAt).toBe(true);
        expect(zone[grain](startsAt)).toBe(key);
        expect(zone[grain](endsAt - 1)).toBe(key);
        expect(zone[grain](startsAt - 1) < key && key < zone[grain](endsAt)).toBe(true);
      }),
    );
  });

  it('of a span follow one another to its end', () => {
    const from = Date.parse('2025-11-30T16:00:00Z');
    const to = Date.parse('2026-02-28T16:00:00Z');
    expect(periodsBetween('month', from, to, zoneAt(8)).map(({ key }) => key)).toEqual([
      '2025-12',
      '2026-01',
      '2026-02',
    ]);
    expect(periodsBetween('day', from, to, zoneAt(8))).toHaveLength(90);
    expect(periodsBetween('hour', from, from, zoneAt(8))).toEqual([]);
  });
});
