import { describe, expect, it } from '@jest/globals';
import { type AccountMarks, NO_MARKS } from '../account-state.js';
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

  const recovery = { since: new Date(0), until: new Date(600_000), served: 2 };
  const typesOf = (marks: Partial<AccountMarks>): string[] =>
    toAccountMarkDtos({ ...NO_MARKS, ...marks }).map(({ type }) => type);

  it('shows a recovery with its share, once nothing keeps the account out of use', () => {
    expect(toAccountMarkDtos({ ...NO_MARKS, recovery })).toEqual([
      { type: 'recovering', reason: null, name: '4', statusCode: null, until: '1970-01-01T00:10:00.000Z' },
    ]);
    expect(typesOf({ recovery, coolDown: { type: 'overload', statusCode: 529, until: new Date(0) } })).toEqual([
      'cool_down',
    ]);
    expect(typesOf({ recovery, resetAt: new Date(0) })).toEqual(['reset']);
  });

  it('tells a model or an endpoint that rests from one that is missing', () => {
    const until = new Date(0);
    const marks = {
      ...NO_MARKS,
      missingModels: new Map([['a', until]]),
      limitedModels: new Map([['b', until]]),
      missingEndpoints: new Map([['c', until]]),
      limitedEndpoints: new Map([['d', until]]),
    };
    expect(toAccountMarkDtos(marks)).toMatchObject([
      { type: 'model_missing', reason: 'model', name: 'a' },
      { type: 'model_limited', reason: 'rate_limited', name: 'b' },
      { type: 'endpoint_missing', reason: 'cooling_down', name: 'c' },
      { type: 'endpoint_limited', reason: 'cooling_down', name: 'd' },
    ]);
  });
});
