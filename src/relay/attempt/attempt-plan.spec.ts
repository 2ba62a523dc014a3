import { describe, expect, it } from '@jest/globals';
import { planNext } from './attempt-plan.js';

const other = { action: 'other_account', mark: null } as const;
const giveUp = { action: 'give_up' } as const;
const history = { attempts: 1, maxAttempts: 5, verdict: other, now: 1_000, deadline: 2_000 };

describe('planNext', () => {
  it.each([
    ['asks the next account while attempts and time are left', {}, { kind: 'next_account' }],
    ['stops at the allowed number of accounts', { attempts: 5 }, { kind: 'exhausted', why: 'attempts' }],
    ['asks once more just below that number', { attempts: 4 }, { kind: 'next_account' }],
    ['stops at the deadline', { now: 2_000 }, { kind: 'exhausted', why: 'time' }],
    ['passes on what only the client can mend', { verdict: giveUp }, { kind: 'pass_through' }],
    [
      'passes it on at the last attempt and after the deadline, too',
      { verdict: giveUp, attempts: 5, now: 3_000 },
      { kind: 'pass_through' },
    ],
  ])('%s', (_, change, expected) => {
    expect(planNext({ ...history, ...change })).toEqual(expected);
  });
});
