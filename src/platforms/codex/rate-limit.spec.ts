import { describe, expect, it } from '@jest/globals';
import type { HeaderMap } from '@crs/extension-api';
import { readUpstreamError, type Refusal } from '@crs/platform-kit';
import fc from 'fast-check';
import { failureContextOf, later } from '../../../test/support/failures.js';
import { findLimitReset } from './rate-limit.js';

const CONTEXT = failureContextOf({ model: 'gpt-5-mini' });
const NOW = CONTEXT.now;
const refusal = (headers: HeaderMap, body: object): Refusal => ({
  status: 429,
  headers,
  error: readUpstreamError(JSON.stringify(body)),
});

describe('findLimitReset', () => {
  const epoch = (seconds: number): string => String(later(seconds).getTime() / 1000);
  const full = (window: string, more: HeaderMap): HeaderMap => ({
    [`x-codex-${window}-used-percent`]: '100.0',
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`x-codex-${window}-${name}`, value])),
  });

  it.each<[string, HeaderMap, object, string, number | null]>([
    ['seconds in the body', { 'retry-after': '5' }, { resets_in_seconds: 120, resets_at: 9 }, '', 120],
    ['an epoch in the body', { 'retry-after': '5' }, { resets_at: Number(epoch(60)) }, '', 60],
    ['retry-after', { 'retry-after': '5', 'x-codex-ratelimit-reset': '9' }, {}, '', 5],
    ['a header of Codex', { 'x-codex-ratelimit-reset': '9' }, {}, 'try again in 2s', 9],
    ['a second and a half in words', {}, {}, 'Please try again in 1.5s.', 1.5],
    ['milliseconds in words', {}, {}, 'Please try again in 250ms. Visit us.', 0.25],
    ['minutes in words', {}, {}, 'Please try again in 6m0s.', 360],
    ['whole words', {}, {}, 'Try again in 20 seconds.', 20],
    ['half an hour in whole words', {}, {}, 'try again in 0.5 Hours', 1800],
    ['an hour of days in words', {}, {}, 'try again in 6 days', 3600],
    ['an hour of more', {}, {}, 'try again in 1h1s', 3600],
    ['nothing in vague words', {}, {}, 'Please try again in some minutes.', null],
    ['nothing in a unit that is none', {}, {}, 'Please try again in 5meters', null],
    ['words before counters', { 'x-ratelimit-reset-requests': '20s' }, {}, 'try again in 2s', 2],
    ['the counter of requests', { 'x-ratelimit-reset-requests': '20s' }, {}, '', 20],
    ['the later counter', { 'x-ratelimit-reset-requests': '8.64s', 'x-ratelimit-reset-tokens': '1m0s' }, {}, '', 60],
    [
      'the counter that is spent',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '8s',
        'x-ratelimit-remaining-tokens': '9000',
        'x-ratelimit-reset-tokens': '1m0s',
      },
      {},
      '',
      8,
    ],
    ['the full window', full('primary', { 'reset-after-seconds': '300' }), {}, '', 300],
    ['the full window by its epoch', full('secondary', { 'reset-at': epoch(7200) }), {}, '', 7200],
    [
      'the later of two full windows',
      { ...full('primary', { 'reset-after-seconds': '300' }), ...full('secondary', { 'reset-after-seconds': '9000' }) },
      {},
      '',
      9000,
    ],
    [
      'the full window and not the other one',
      {
        ...full('primary', { 'reset-after-seconds': '300' }),
        'x-codex-secondary-used-percent': ['99.9'],
        'x-codex-secondary-reset-after-seconds': '9000',
      },
      {},
      '',
      300,
    ],
    ['nothing in windows that are not full', { 'x-codex-primary-reset-after-seconds': '300' }, {}, '', null],
    ['nothing in a full window without an end', full('primary', {}), {}, '', null],
    [
      'nothing in a share that is no number',
      { ...full('primary', { 'reset-at': epoch(9) }), 'x-codex-primary-used-percent': 'full' },
      {},
      '',
      null,
    ],
  ])('reads %s', (_, headers, fields, message, seconds) => {
    expect(findLimitReset(refusal(headers, { error: { message, ...fields } }), CONTEXT)).toEqual(
      seconds === null ? null : later(seconds),
    );
  });

  it('reads a reset beside the error', () => {
    expect(findLimitReset(refusal({}, { error: { message: 'no' }, resets_in_seconds: 30 }), CONTEXT)).toEqual(
      later(30),
    );
  });

  it('gives a time to come, or nothing, for whatever an upstream says', () => {
    const figure = fc.oneof(fc.string(), fc.nat().map(String), fc.double().map(String));
    const names = ['used-percent', 'reset-after-seconds', 'reset-at'].map((name) => `x-codex-primary-${name}`);
    const headers = fc.dictionary(fc.constantFrom('retry-after', 'x-ratelimit-reset-tokens', ...names), figure);
    const message = fc.oneof(
      fc.string(),
      figure.map((wait) => `Try again in ${wait} seconds or try again in ${wait}s`),
    );
    fc.assert(
      fc.property(headers, message, fc.anything(), (told, words, resets_at) => {
        const error = { ...readUpstreamError(''), message: words, fields: { resets_at } };
        const reset = findLimitReset({ status: 429, headers: told, error }, CONTEXT);
        if (reset !== null) expect(reset.getTime()).toBeGreaterThan(NOW.getTime());
      }),
    );
  });
});
