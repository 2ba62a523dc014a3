import { describe, expect, it } from '@jest/globals';
import { activate, isAwaitingActivation } from './activation.js';
import { testApiKey } from '../../test/support/test-api-key.js';

const now = new Date('2026-11-23T04:05:00.632Z');

describe('activation', () => {
  it.each([
    [12, 'hours', '2026-11-23T16:05:00.632Z'],
    [2, 'hours', '2026-11-23T06:05:00.632Z'],
    [7, 'days', '2026-11-30T04:05:00.632Z'],
    [0, 'days', '2026-12-23T04:05:00.632Z'],
    [0, 'hours', '2026-11-24T10:05:00.632Z'],
  ] as const)('of %d %s ends at %s', (activationDays, activationUnit, end) => {
    const record = testApiKey({ expirationMode: 'activation', isActivated: false, activationDays, activationUnit });
    expect(activate(record, now)).toEqual({
      ...record,
      isActivated: true,
      activatedAt: now,
      lastUsedAt: now,
      expiresAt: new Date(end),
    });
  });

  it.each([
    ['activation', false, true],
    ['activation', true, false],
    ['fixed', false, false],
  ] as const)('in mode %s, activated %s, is awaited: %s', (expirationMode, isActivated, awaited) => {
    expect(isAwaitingActivation(testApiKey({ expirationMode, isActivated }))).toBe(awaited);
  });
});
