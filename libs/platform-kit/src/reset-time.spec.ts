import { describe, expect, it } from '@jest/globals';
import type { HeaderMap } from '@crs/extension-api';
import fc from 'fast-check';
import { findReset } from './reset-time.js';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const EPOCH = NOW.getTime() / 1000;
const DAY_SECONDS = 86_400;
const secondsUntil = (reset: Date | null): number | null =>
  reset === null ? null : (reset.getTime() - NOW.getTime()) / 1000;

describe('findReset', () => {
  it.each<[string, HeaderMap, Record<string, unknown>, number | null]>([
    ['seconds', { 'retry-after': '120' }, {}, 120],
    ['a fraction of a second, as one second', { 'retry-after': '0.5' }, {}, 1],
    ['at once, as one second', { 'retry-after': '0' }, {}, 1],
    ['an HTTP date', { 'retry-after': 'Mon, 23 Nov 2026 10:05:00 GMT' }, {}, 300],
    ['the first of several values', { 'retry-after': ['30', '60'] }, {}, 30],
    ['epoch seconds', { 'anthropic-ratelimit-unified-reset': String(EPOCH + 600) }, {}, 600],
    ['epoch milliseconds', { 'anthropic-ratelimit-unified-reset': String((EPOCH + 600) * 1000) }, {}, 600],
    ['an ISO date', { 'anthropic-ratelimit-unified-reset': '2026-11-23T11:00:00Z' }, {}, 3600],
    ['a duration', { 'x-ratelimit-reset-requests': '1h6m2.5s' }, {}, 3962.5],
    ['a duration in milliseconds', { 'x-ratelimit-reset-requests': '20ms' }, {}, 0.02],
    ['the header of Codex upstreams', { 'x-codex-ratelimit-reset': '45' }, {}, 45],
    ['seconds in the body', {}, { resets_in_seconds: 3600 }, 3600],
    ['an epoch in the body', {}, { resets_at: EPOCH + 60 }, 60],
    ['seconds of a resting model in the body', {}, { reset_seconds: 90 }, 90],
    [
      'the more telling of two headers',
      { 'retry-after': '5', 'anthropic-ratelimit-unified-reset': String(EPOCH + 600) },
      {},
      5,
    ],
    ['the header before the body', { 'x-ratelimit-reset-requests': '7s' }, { resets_in_seconds: 3600 }, 7],
    [
      'another one where the first is over',
      { 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT' },
      { resets_in_seconds: 9 },
      9,
    ],
    ['another one where the first is garbage', { 'retry-after': 'soon' }, { resets_in_seconds: 9 }, 9],
    ['a month', { 'retry-after': String(31 * DAY_SECONDS) }, {}, 31 * DAY_SECONDS],
    ['nothing in what is further away than a month', { 'retry-after': String(31 * DAY_SECONDS + 1) }, {}, null],
    ['nothing in three decades', { 'retry-after': '999999999' }, {}, null],
    ['nothing in any number of digits', { 'retry-after': '9'.repeat(20) }, {}, null],
    ['nothing in what is beyond all numbers', { 'retry-after': '9'.repeat(400) }, {}, null],
    ['nothing in epoch microseconds', { 'retry-after': String(EPOCH * 1e6) }, {}, null],
    ['nothing in a date of another century', { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' }, {}, null],
    ['nothing in a duration of years', { 'x-ratelimit-reset-requests': '99999h' }, {}, null],
    ['another one where the first is absurd', { 'retry-after': '999999999' }, { resets_in_seconds: 9 }, 9],
    ['nothing in a negative number that looks like a year', { 'retry-after': '-3600' }, {}, null],
    ['nothing in a number with words', { 'retry-after': '1800 (seconds)' }, {}, null],
    ['nothing in a date of no standard', { 'retry-after': 'Nov 30 2026' }, {}, null],
    ['nothing in a date that does not exist', { 'retry-after': 'Mon, 99 Nov 2026 10:05:00 GMT' }, {}, null],
    ['an ISO date in another zone', { 'retry-after': '2026-11-23T13:00:00.5+02:00' }, {}, 3600.5],
    ['nothing where nothing is said', {}, {}, null],
    ['nothing in what is empty', { 'retry-after': '' }, { resets_at: null, resets_in_seconds: {} }, null],
    [
      'nothing in what is no time',
      { 'retry-after': '-5' },
      { resets_at: 'May 5', resets_in_seconds: '2026 maybe' },
      null,
    ],
    ['nothing in what is over', { 'anthropic-ratelimit-unified-reset': String(EPOCH) }, {}, null],
  ])('reads %s', (_, headers, fields, expected) => {
    expect(secondsUntil(findReset(headers, fields, NOW))).toBe(expected);
  });

  it('gives a time to come, at most a month away, or nothing, for whatever an upstream says', () => {
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }).map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(value, fc.anything(), (header, field) => {
        const reset = findReset({ 'retry-after': header }, { resets_at: field }, NOW);
        if (reset === null) return;
        expect(reset.getTime()).toBeGreaterThan(NOW.getTime());
        expect(reset.getTime()).toBeLessThanOrEqual(NOW.getTime() + 31 * DAY_SECONDS * 1000);
      }),
    );
  });
});
