import { describe, expect, it } from '@jest/globals';
import { type AttemptHistory, planNext } from './attempt-plan.js';

const NOW = 1_000;
const other = { action: 'other_account', mark: null } as const;
const giveUp = { action: 'give_up' } as const;
const history: AttemptHistory = {
  attempts: 1,
  maxAttempts: 5,
  verdict: other,
  now: NOW,
  deadline: 20_000,
  sticky: true,
  hasWaited: false,
  maxWaitMs: 2_000,
};

const limited = (inMs: number | null, statusCode = 429): AttemptHistory['verdict'] => ({
  action: 'other_account',
  mark: { type: 'rate_limit', statusCode, ...(inMs === null ? {} : { resetAt: new Date(NOW + inMs) }) },
});
const overloaded: AttemptHistory['verdict'] = {
  action: 'other_account',
  mark: { type: 'overload', statusCode: 529, resetAt: new Date(NOW + 100) },
};

describe('planNext', () => {
  it.each<[string, Partial<AttemptHistory>, object]>([
    ['asks the next account while attempts and time are left', {}, { kind: 'next_account' }],
    ['stops at the allowed number of accounts', { attempts: 5 }, { kind: 'exhausted', why: 'attempts' }],
    ['asks once more just below that number', { attempts: 4 }, { kind: 'next_account' }],
    ['stops at the deadline', { now: 20_000 }, { kind: 'exhausted', why: 'time' }],
    ['passes on what only the client can mend', { verdict: giveUp }, { kind: 'pass_through' }],
    [
      'passes it on at the last attempt and after the deadline, too',
      { verdict: giveUp, attempts: 5, now: 30_000 },
      { kind: 'pass_through' },
    ],
  ])('%s', (_, change, expected) => {
    expect(planNext({ ...history, ...change })).toEqual(expected);
  });

  it.each<[string, Partial<AttemptHistory>, number]>([
    ['a moment', { verdict: limited(1_000) }, 1_050],
    ['the longest wait that is allowed', { verdict: limited(2_000) }, 2_050],
    ['a reset that has just passed', { verdict: limited(-300) }, 50],
    ['a moment, however many accounts were asked', { verdict: limited(1_000), attempts: 5 }, 1_050],
    ['a moment that just fits into the time', { verdict: limited(1_000), deadline: NOW + 1_051 }, 1_050],
  ])('waits for the account of the session: %s', (_, change, waitMs) => {
    expect(planNext({ ...history, ...change })).toEqual({ kind: 'same_account', waitMs });
  });

  it.each<[string, Partial<AttemptHistory>]>([
    ['the reset is too far away', { verdict: limited(2_001) }],
    ['no reset is known', { verdict: limited(null) }],
    ['it is no rate limit', { verdict: overloaded }],
    ['no status has said so', { verdict: limited(1_000, 0) }],
    ['the session is not with this account', { verdict: limited(1_000), sticky: false }],
    ['the request has waited before', { verdict: limited(1_000), hasWaited: true }],
    ['waiting is switched off', { verdict: limited(-300), maxWaitMs: 0 }],
    ['there is no time for it', { verdict: limited(1_000), deadline: NOW + 1_050 }],
  ])('asks the next account at once where %s', (_, change) => {
    expect(planNext({ ...history, ...change })).toEqual({ kind: 'next_account' });
  });
});
