import { describe, expect, it } from '@jest/globals';
import { v1CodexRecord, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { decisionPatch } from './v1-marks.js';

const CONSOLE = { rateLimitedStatus: 'rate_limited' };
const RESPONSES = { rateLimitedStatus: 'rateLimited' };
const OFF = { isActive: 'false', schedulable: 'false' };
const blocked = v1ConsoleRecord({ ...OFF, status: 'account_blocked', blockedAutoStopped: 'true' });

describe('decisionPatch', () => {
  it('empties the flags that v1 empties when an administrator pauses an account', () => {
    expect(decisionPatch(v1ConsoleRecord(), CONSOLE)).toEqual({
      autoStoppedAt: '',
      quotaAutoStopped: '',
      rateLimitAutoStopped: '',
      stoppedReason: '',
    });
  });

  it('empties the flag of a block where there is one', () => {
    expect(decisionPatch(blocked, CONSOLE)).toMatchObject({
      blockedAutoStopped: '',
      isActive: 'true',
      schedulable: 'true',
    });
  });
});

describe('decisionPatch of a kind whose stops v1 marks by no flag', () => {
  it('writes no field that v1 does not give it', () => {
    expect(decisionPatch(v1CodexRecord(), RESPONSES)).toEqual({});
  });

  it('notes that a stop which still runs was decided about', () => {
    const stopped = v1CodexRecord({ status: 'rateLimited', schedulable: 'false' });
    expect(decisionPatch(stopped, RESPONSES)).toEqual({ rateLimitAutoStopped: '', schedulable: 'true' });
  });

  it('empties what is there', () => {
    const flags = { rateLimitAutoStopped: 'true', quotaAutoStopped: 'true', stoppedReason: 'why' };
    expect(decisionPatch(v1CodexRecord({ ...flags }), RESPONSES)).toMatchObject({
      rateLimitAutoStopped: '',
      quotaAutoStopped: '',
      stoppedReason: '',
    });
  });
});
