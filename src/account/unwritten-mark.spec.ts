import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.js';
import { type AccountState, NO_MARKS } from './account-state.js';
import type { MarkPlan } from './mark-plan.js';
import { withMark } from './unwritten-mark.js';

const at = new Date('2026-11-23T04:00:00Z');
const until = new Date(at.getTime() + 60_000);
const plan = (change: Partial<MarkPlan>): MarkPlan => ({
  at,
  coolDown: null,
  named: null,
  recoveryUntil: null,
  historyEntry: '',
  isRateLimit: false,
  ...change,
});
const before: AccountState = {
  account: testAccount(),
  marks: {
    ...NO_MARKS,
    coolDown: { type: 'timeout', statusCode: 0, until },
    resetAt: until,
    missingModels: new Map([['m', until]]),
    quotaSpentUsd: 3,
  },
};

describe('withMark', () => {
  it('adds a cool-down', () => {
    const json = JSON.stringify({ errorType: 'overload', statusCode: 529, expiresAt: until.toISOString() });
    expect(withMark(before, plan({ coolDown: { json, ttlMs: 60_000 } }))).toEqual({
      ...before,
      marks: { ...before.marks, coolDown: { type: 'overload', statusCode: 529, until } },
    });
  });

  it.each([
    [
      'model:n',
      {
        missingModels: new Map([
          ['m', until],
          ['n', until],
        ]),
      },
    ],
    ['limited_model:n', { limitedModels: new Map([['n', until]]) }],
    ['endpoint:e', { missingEndpoints: new Map([['e', until]]) }],
    ['reset', { resetAt: new Date(until.getTime() + 1) }],
  ])('adds the mark %s to those that stand', (name, expected) => {
    const end = name === 'reset' ? new Date(until.getTime() + 1) : until;
    expect(withMark(before, plan({ named: { name, until: end } }))).toEqual({
      ...before,
      marks: { ...before.marks, ...expected },
    });
  });
});
