import { describe, expect, it } from '@jest/globals';
import { readRecord } from './record-read.js';

const AT = '2026-11-23T04:05:00.678Z';

describe('readRecord', () => {
  it('reads what was booked', () => {
    const text = JSON.stringify({
      timestamp: AT,
      requestId: 'req-1',
      inputTokens: 1,
      outputTokens: 2,
      cacheCreateTokens: 3,
      cacheReadTokens: 4,
      totalTokens: 10,
      cost: 0.5,
    });
    expect(readRecord(text)).toEqual({
      atMs: Date.parse(AT),
      requestId: 'req-1',
      told: {
        requests: 1,
        inputTokens: 1,
        outputTokens: 2,
        cacheCreateTokens: 3,
        cacheReadTokens: 4,
        allTokens: 10,
        costUsd: 0.5,
      },
    });
  });

  it.each([{}, { requestId: null }, { requestId: '' }, { requestId: 7 }])(
    'takes what an old record lacks for nothing: %j',
    (more) => {
      const record = readRecord(JSON.stringify({ timestamp: AT, inputTokens: null, ...more }));
      expect(record).toMatchObject({ requestId: null, told: { requests: 1, inputTokens: 0, costUsd: 0 } });
    },
  );

  it('tells a figure that is no number', () => {
    expect(readRecord(JSON.stringify({ timestamp: AT, cost: '0.5' }))?.told.costUsd).toBeNaN();
  });

  it.each(['', 'x', '7', 'null', '"text"', '{}', '{"timestamp":7}', '{"timestamp":"yesterday"}'])(
    'finds no record in %s',
    (text) => {
      expect(readRecord(text)).toBeNull();
    },
  );
});
