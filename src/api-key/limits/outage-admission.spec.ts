import { beforeEach, describe, expect, it } from '@jest/globals';
import type { KeyLimitSettings } from '@crs/extension-api';
import { keys } from '@crs/store';
import { FakeLeases } from '../../../test/support/fake-leases.js';
import { testRequest } from '../../../test/support/limit-rig.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { OutageAdmission } from './outage-admission.js';
import { OutageAllowance } from './outage-allowance.js';

const { keyId } = testRequest({}).principal;
const slots = keys.limits.concurrency(keyId);

describe('OutageAdmission', () => {
  let leases: FakeLeases;
  let sut: OutageAdmission;

  beforeEach(() => {
    leases = new FakeLeases();
    const allowance = new OutageAllowance();
    const left = { microUsd: 1_000_000, weeklyMicroUsd: null, tokens: null, requests: null };
    allowance.note(testRequest({}), { kind: 'admitted', slot: null, hold: null, left });
    sut = new OutageAdmission(allowance, leases.asKeeper(), new TestClock(7), testConfig());
  });

  const admit = (limits: Partial<KeyLimitSettings>) => {
    const request = testRequest(limits);
    return { requestId: request.requestId, reply: sut.admit(request) };
  };

  it('holds nothing for a key without limits', () => {
    expect(admit({}).reply).toEqual({ kind: 'alone', leases: [], at: 7 });
  });

  it('keeps slot and hold, which renewals bring into the store later', () => {
    const { requestId, reply } = admit({ concurrencyLimit: 2, dailyCostLimit: 1 });
    expect(reply).toMatchObject({ kind: 'alone' });
    expect([...leases.open]).toEqual([`${slots} ${requestId}`, `${keys.limits.holds(keyId)} ${requestId}:1000:100:1`]);
  });

  it('lets as many run at the same time as this process may have, with those from before', async () => {
    const before = leases.keep({ set: slots, member: 'from before' });
    expect(admit({ concurrencyLimit: 2 }).reply).toMatchObject({ kind: 'alone' });
    const busy = { kind: 'busy', reason: 'concurrency', waiter: '', waiting: 0, at: 7 };
    expect(admit({ concurrencyLimit: 2 }).reply).toEqual(busy);
    await before.release();
    expect(admit({ concurrencyLimit: 2 }).reply).toMatchObject({ kind: 'alone' });
  });

  it('keeps nothing for a request that it does not let through', () => {
    expect(admit({ concurrencyLimit: 2, rateLimitWindow: 1, tokenLimit: 5 }).reply).toBeNull();
    expect(leases.open.size).toBe(0);
  });
});
