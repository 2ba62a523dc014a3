import { describe, expect, it } from '@jest/globals';
import { NO_MARKS } from '../account-state.js';
import { toAccountMarkDtos } from './account-mark.dto.js';

describe('toAccountMarkDtos', () => {
  it('names no status where the upstream gave none', () => {
    const coolDown = { type: 'connection', statusCode: 0, until: new Date(0) };
    expect(toAccountMarkDtos({ ...NO_MARKS, coolDown })).toEqual([
      {
        type: 'cool_down',
        reason: 'cooling_down',
        name: 'connection',
        statusCode: null,
        until: '1970-01-01T00:00:00.000Z',
      },
    ]);
  });
});
