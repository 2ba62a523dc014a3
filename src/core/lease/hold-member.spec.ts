import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatHold, parseHold } from './hold-member.js';

const amount = fc.nat(Number.MAX_SAFE_INTEGER);
const requestId = fc.stringMatching(/^[\w-]{1,40}$/);

describe('a hold', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ requestId, microUsd: amount, tokens: amount, isClaude: fc.boolean() }), (hold) => {
        expect(parseHold(formatHold(hold))).toEqual(hold);
      }),
    );
  });

  it.each([
    ['', ''],
    ['req-1', 'req-1'],
    ['req-1:much:-:x', 'req-1'],
  ])('that is none (%p) holds nothing', (member, id) => {
    expect(parseHold(member)).toEqual({ requestId: id, microUsd: 0, tokens: 0, isClaude: false });
  });
});
