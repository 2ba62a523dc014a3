import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from './zone.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const zoneAt = (zoneOffsetHours: number) => new Zone(testConfig({ zoneOffsetHours }));
const at = (text: string) => Date.parse(text);

describe('Zone', () => {
  it.each([
    ['2025-07-30T01:00:00Z', 8, '2025-07-30:09', '2025-07'],
    ['2025-12-31T16:30:00Z', 8, '2026-01-01:00', '2026-01'],
    ['2024-02-29T20:00:00Z', 8, '2024-03-01:04', '2024-03'],
    ['2025-07-30T01:00:00Z', -5, '2025-07-29:20', '2025-07'],
    ['2026-01-01T00:00:00Z', -5, '2025-12-31:19', '2025-12'],
    ['2025-12-31T16:30:00Z', 5, '2025-12-31:21', '2025-12'],
    ['2025-12-31T16:30:00Z', 0, '2025-12-31:16', '2025-12'],
  ])('names %s at offset %d as v1 does', (instant, offset, hour, month) => {
    const sut = zoneAt(offset);
    expect(sut.hour(at(instant))).toBe(hour);
    expect(sut.day(at(instant))).toBe(hour.slice(0, 10));
    expect(sut.month(at(instant))).toBe(month);
  });

  it.each([
    ['2025-07-30T01:00:00Z', 1, 0, '2025-07-28T00'],
    ['2025-07-30T01:00:00Z', 5, 9, '2025-07-25T09'],
    ['2026-10-09T00:59:59Z', 5, 9, '2026-10-02T09'],
    ['2026-10-09T01:00:00Z', 5, 9, '2026-10-09T09'],
    ['2026-11-23T04:22:00Z', 1, 0, '2026-11-23T00'],
  ])('puts %s with reset day %d and hour %d into the week of v1', (instant, day, hour, period) => {
    expect(zoneAt(8).weekPeriod(at(instant), day, hour)).toBe(period);
  });

  it.each([
    ['2025-12-29T00:00:00Z', '2025-W01'],
    ['2026-01-01T00:00:00Z', '2026-W01'],
    ['2026-01-04T16:00:00Z', '2026-W02'],
    ['2025-07-30T00:00:00Z', '2025-W31'],
    ['2026-10-09T00:00:00Z', '2026-W41'],
    ['2026-12-31T00:00:00Z', '2026-W53'],
    ['2027-01-01T12:00:00Z', '2027-W53'],
    ['2027-01-04T00:00:00Z', '2027-W02'],
    ['2027-01-07T00:00:00Z', '2027-W02'],
    ['2028-01-01T00:00:00Z', '2028-W53'],
    ['2026-11-23T04:05:00Z', '2026-W48'],
  ])('names the week of %s as old versions of v1 did', (instant, period) => {
    expect(zoneAt(8).oldWeekPeriod(at(instant), 1, 0)).toBe(period);
  });

  it.each([
    [5, 0],
    [1, 9],
  ])('knows no old name of a week that begins on day %d at hour %d', (day, hour) => {
    const instant = at('2026-11-23T04:05:00Z');
    expect(zoneAt(8).oldWeekPeriod(instant, day, hour)).toBe(zoneAt(8).weekPeriod(instant, day, hour));
  });

  it('says when the week ends', () => {
    const sut = zoneAt(8);
    expect(new Date(sut.weekEndsAt(at('2026-11-23T04:22:00Z'), 1, 0)).toISOString()).toBe('2026-11-29T16:00:00.000Z');
    expect(new Date(sut.weekStartsAt(at('2026-11-23T04:22:00Z'), 7, 23)).toISOString()).toBe(
      '2026-11-22T15:00:00.000Z',
    );
  });

  it.each([
    [0, 0],
    [8, 24],
    [1.5, -1],
    [Number.NaN, Number.NaN],
  ])('takes reset day %d and hour %d, which are none, for Monday midnight', (day, hour) => {
    expect(zoneAt(8).weekPeriod(at('2025-07-30T01:00:00Z'), day, hour)).toBe('2025-07-28T00');
  });

  it.each([
    ['2025-07-30T01:00:00Z', '00:00', '2025-07-30T00:00'],
    ['2025-07-30T01:00:00Z', '09:00', '2025-07-30T09:00'],
    ['2025-07-30T00:59:59.999Z', '09:00', '2025-07-29T09:00'],
    ['2025-07-30T01:00:00Z', '9:01', '2025-07-29T09:01'],
    ['2025-07-30T15:59:59Z', '23:59', '2025-07-30T23:59'],
    ['2025-07-30T01:00:00Z', '24:00', '2025-07-30T00:00'],
    ['2025-07-30T01:00:00Z', '', '2025-07-30T00:00'],
    ['2025-07-30T01:00:00Z', 'noon', '2025-07-30T00:00'],
  ])('puts %s with the reset time %p into the quota day %s', (instant, resetTime, key) => {
    expect(zoneAt(8).quotaPeriodStart(at(instant), resetTime).key).toBe(key);
  });

  it.each([
    [8, '2026-11-24 00:00 (UTC+8)'],
    [0, '2026-11-23 16:00 (UTC)'],
    [-5, '2026-11-23 11:00 (UTC-5)'],
  ])('writes an instant for the reader, at offset %d', (offset, text) => {
    expect(zoneAt(offset).localText(at('2026-11-23T16:00:59Z'))).toBe(text);
  });

  it('counts minutes from the epoch', () => {
    expect(zoneAt(8).minuteBucket(119_999)).toBe(1);
    expect(zoneAt(-5).minuteBucket(120_000)).toBe(2);
  });

  it('says when the day begins and the next one does', () => {
    const sut = zoneAt(8);
    expect(new Date(sut.dayStart(at('2025-12-31T16:30:00Z'))).toISOString()).toBe('2025-12-31T16:00:00.000Z');
    expect(new Date(sut.nextDay(at('2025-12-31T16:30:00Z'))).toISOString()).toBe('2026-01-01T16:00:00.000Z');
  });

  it('finds the start of a day by its name, and none for a text that names no day', () => {
    const sut = zoneAt(8);
    expect(sut.findDayStart('2026-01-01')).toBe(at('2025-12-31T16:00:00Z'));
    for (const text of ['2025-02-30', '2025-13-01', '2025-1-1', '2025-01-01T00:00', '', 'today']) {
      expect(sut.findDayStart(text)).toBeNull();
    }
  });

  describe('for any instant and offset', () => {
    const instants = fc.integer({ min: at('1971-01-01'), max: at('2200-01-01') });
    const offsets = fc.integer({ min: -12, max: 14 });
    const resetDays = fc.integer({ min: 1, max: 7 });
    const hours = fc.integer({ min: 0, max: 23 });
    const pad = (value: number) => String(value).padStart(2, '0');

    it('agrees with a calendar that counts hour by hour', () => {
      fc.assert(
        fc.property(instants, offsets, resetDays, hours, (instant, offset, resetDay, resetHour) => {
          // The plain model: walk back from the instant until the clock on the wall shows the reset.
          const wall = (ms: number) => new Date(ms + offset * HOUR_MS);
          let start = Math.floor(instant / HOUR_MS) * HOUR_MS;
          while (wall(start).getUTCHours() !== resetHour || wall(start).getUTCDay() !== resetDay % 7) start -= HOUR_MS;
          expect(zoneAt(offset).weekStartsAt(instant, resetDay, resetHour)).toBe(start);
          expect(zoneAt(offset).weekPeriod(instant, resetDay, resetHour)).toBe(wall(start).toISOString().slice(0, 13));
        }),
      );
    });

    it('lets weeks hold their instant and follow one another without a gap', () => {
      fc.assert(
        fc.property(instants, offsets, resetDays, hours, (instant, offset, resetDay, resetHour) => {
          const sut = zoneAt(offset);
          const startsAt = sut.weekStartsAt(instant, resetDay, resetHour);
          const endsAt = sut.weekEndsAt(instant, resetDay, resetHour);
          expect(startsAt <= instant && instant < endsAt).toBe(true);
          expect(endsAt - startsAt).toBe(7 * DAY_MS);
          expect(sut.weekStartsAt(endsAt - 1, resetDay, resetHour)).toBe(startsAt);
          expect(sut.weekStartsAt(endsAt, resetDay, resetHour)).toBe(endsAt);
        }),
      );
    });

    it('lets quota days hold their instant and follow one another without a gap', () => {
      fc.assert(
        fc.property(instants, offsets, hours, fc.integer({ min: 0, max: 59 }), (instant, offset, hour, minute) => {
          const sut = zoneAt(offset);
          const resetTime = `${pad(hour)}:${pad(minute)}`;
          const period = sut.quotaPeriodStart(instant, resetTime);
          expect(period.startsAt <= instant && instant < period.endsAt).toBe(true);
          expect(period.endsAt - period.startsAt).toBe(DAY_MS);
          expect(period.key).toBe(`${sut.day(period.startsAt)}T${resetTime}`);
          expect(sut.quotaPeriodStart(period.endsAt - 1, resetTime)).toEqual(period);
          expect(sut.quotaPeriodStart(period.endsAt, resetTime).startsAt).toBe(period.endsAt);
        }),
      );
    });

    it('lets days begin where they are named and end where the next one begins', () => {
      fc.assert(
        fc.property(instants, offsets, (instant, offset) => {
          const sut = zoneAt(offset);
          expect(sut.findDayStart(sut.day(instant))).toBe(sut.dayStart(instant));
          expect(sut.day(sut.nextDay(instant) - 1)).toBe(sut.day(instant));
          expect(sut.day(sut.nextDay(instant)) > sut.day(instant)).toBe(true);
          expect(sut.hour(instant).startsWith(`${sut.day(instant)}:`)).toBe(true);
          expect(sut.day(instant).startsWith(`${sut.month(instant)}-`)).toBe(true);
        }),
      );
    });
  });

  it('says the same in every time zone of the process', () => {
    // A process cannot be sure to change its time zone while it runs, so the class is run by one process per zone.
    const script = `
      const source = require('node:fs').readFileSync(${JSON.stringify(require.resolve('./zone.ts'))}, 'utf8');
      const { code } = require('@swc/core').transformSync(source, {
        jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true } },
        module: { type: 'commonjs' },
      });
      const exported = {};
      const load = (id) => (id.startsWith('.') ? {} : { Injectable: () => () => undefined });
      new Function('exports', 'require', code)(exported, load);
      const zone = new exported.Zone({ zoneOffsetHours: 8 });
      const ms = Date.parse('2025-10-26T00:30:00Z');
      console.log(JSON.stringify([
        new Date(ms).getHours(), zone.day(ms), zone.hour(ms), zone.weekPeriod(ms, 7, 3), zone.nextDay(ms),
        zone.quotaPeriodStart(ms, '02:30'), zone.findDayStart('2025-03-30'),
      ]));`;
    const answers = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Pacific/Chatham'].map((TZ) => {
      const text = execFileSync(process.execPath, ['-e', script], { env: { ...process.env, TZ }, encoding: 'utf8' });
      return JSON.parse(text) as unknown[];
    });
    expect(new Set(answers.map(([localHour]) => localHour)).size).toBeGreaterThan(3);
    expect(new Set(answers.map(([, ...rest]) => JSON.stringify(rest))).size).toBe(1);
  });
});
