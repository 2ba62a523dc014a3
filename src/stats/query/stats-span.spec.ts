import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import { Zone } from '../../core/time/zone.js';
import { spanBefore, type SpanInput, spanOf, textsOfSpan } from './stats-span.js';

const zone = new Zone(testConfig());
const NOW = Date.parse('2026-11-23T04:06:00Z');
const spanTexts = (input: SpanInput): readonly string[] => {
  const { from, to } = spanOf(input, zone, NOW);
  return [new Date(from).toISOString(), new Date(to).toISOString()];
};
const refusal = (input: SpanInput): unknown => {
  try {
    return spanOf(input, zone, NOW);
  } catch (error) {
    return error instanceof ValidationFailedException ? error.errors : error;
  }
};

describe('spanOf', () => {
  it.each([
    [null, '2026-10-24T16:00:00.000Z', '2026-11-23T16:00:00.000Z'],
    ['day', '2026-10-24T16:00:00.000Z', '2026-11-23T16:00:00.000Z'],
    ['hour', '2026-11-22T05:00:00.000Z', '2026-11-23T05:00:00.000Z'],
    ['month', '2025-11-30T16:00:00.000Z', '2026-11-23T16:00:00.000Z'],
  ] as const)('without dates and by %s is the usual one', (granularity, from, to) => {
    expect(spanTexts({ granularity })).toEqual([from, to]);
  });

  it.each([
    ['2026-11-01', '2026-11-02', null, '2026-10-31T16:00:00.000Z', '2026-11-02T16:00:00.000Z'],
    ['2026-10-31T16:00:00Z', '2026-11-01T16:00:00Z', 'day', '2026-10-31T16:00:00.000Z', '2026-11-01T16:00:00.000Z'],
    ['2026-11-01T00:00:00+08:00', undefined, 'day', '2026-10-31T16:00:00.000Z', '2026-11-23T16:00:00.000Z'],
    ['2026-11-22T05:00:00Z', '2026-11-22T07:00:00Z', 'hour', '2026-11-22T05:00:00.000Z', '2026-11-22T07:00:00.000Z'],
    [undefined, '2026-02-28', 'day', '2026-01-29T16:00:00.000Z', '2026-02-28T16:00:00.000Z'],
    ['2026-11-15', '2026-11-22', 'hour', '2026-11-14T16:00:00.000Z', '2026-11-22T16:00:00.000Z'],
  ] as const)('is of whole days or hours: %s to %s by %s', (from, to, granularity, start, end) => {
    expect(spanTexts({ from, to, granularity })).toEqual([start, end]);
  });

  it.each([
    ['2026-11-22T05:30:00Z', undefined, 'hour', 'from', 'an instant at which an hour begins'],
    ['2026-11-22T05:00:00Z', undefined, 'day', 'from', '2026-11-21T16:00:00.000Z'],
    ['2026-11-01', '2026-11-22T00:00:00Z', null, 'to', 'a day begins in the configured zone'],
    ['2026-11-02', '2026-11-01', null, 'from', 'must lie before to'],
    ['2026-11-24', undefined, null, 'from', 'lies in the future'],
    ['2026-11-24', '2026-11-30', 'day', 'from', 'lies in the future'],
    [undefined, '2099-01-01', 'day', 'to', 'give from, too'],
    ['2026-11-14', '2026-11-22', 'hour', 'from', 'at most 8 days by hour; ask by day'],
    ['2025-10-19', undefined, 'day', 'from', 'at most 400 days by day; ask by month'],
    ['2023-01-01', undefined, 'month', 'from', 'at most 36 months'],
    ['2023-01-01', undefined, null, 'from', 'at most 36 months'],
  ] as const)('refuses what does not fit: %s to %s by %s', (from, to, granularity, field, words) => {
    expect(refusal({ from, to, granularity })).toEqual([{ field, message: expect.stringContaining(words) }]);
  });
});

describe('a span', () => {
  const span = spanOf({ from: '2026-11-01', to: '2026-11-30', granularity: null }, zone, NOW);

  it('has one of the same length before it', () => {
    expect(textsOfSpan(spanBefore(span), zone)).toEqual({ from: '2026-10-02', to: '2026-10-31' });
  });

  it('is named by its days, else by its instants', () => {
    expect(textsOfSpan(span, zone)).toEqual({ from: '2026-11-01', to: '2026-11-30' });
    expect(textsOfSpan({ ...span, to: span.from + 3_600_000 }, zone)).toEqual({
      from: '2026-10-31T16:00:00.000Z',
      to: '2026-10-31T17:00:00.000Z',
    });
  });
});
