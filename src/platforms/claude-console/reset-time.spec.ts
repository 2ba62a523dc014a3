import { describe, expect, it } from '@jest/globals';
import type { HeaderMap } from '@crs/extension-api';
import fc from 'fast-check';
import { findReset, LONGEST_RESET_MS } from './reset-time.js';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const EPOCH = NOW.getTime() / 1000;
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
    ['at most seven days', { 'retry-after': '99999999' }, {}, LONGEST_RESET_MS / 1000],
    ['at most seven days of any number', { 'retry-after': '9'.repeat(400) }, {}, LONGEST_RESET_MS / 1000],
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

  it('gives a time to come, at most seven days away, or nothing, for whatever an upstream says', () => {
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(value, fc.anything(), (header, field) => {
        const reset = findReset({ 'retry-after': header }, { resets_at: field }, NOW);
        if (reset === null) return;
        expect(reset.getTime()).toBeGreaterThan(NOW.getTime());
        expect(reset.getTime()).toBeLessThanOrEqual(NOW.getTime() + LONGEST_RESET_MS);
      }),
    );
  });
});
