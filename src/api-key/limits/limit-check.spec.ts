import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type KeyLimitSettings, SettlementBarrier } from '@crs/extension-api';
import { testRequest } from '../../../test/support/limit-rig.js';
import { SystemClock } from '../../core/time/clock.js';
import { LimitCheck } from './limit-check.js';
import type { AdmissionReply, LimitRepository } from './limit.repository.js';
import type { OutageAdmission } from './outage-admission.js';
import { OutageAllowance } from './outage-allowance.js';

const admitted: AdmissionReply = { kind: 'admitted', slot: null, hold: null, left: null, at: 1 };

class FakeBarrier extends SettlementBarrier {
  readonly asked: string[] = [];
  open: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  override isCrowded(): boolean {
    return false;
  }

  override whenSettled(id: string, signal: AbortSignal): Promise<void> {
    this.asked.push(id);
    return this.open(signal);
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

describe('LimitCheck', () => {
  let barrier: FakeBarrier;
  let admit: jest.Mock<() => Promise<AdmissionReply>>;
  let sut: LimitCheck;

  beforeEach(() => {
    barrier = new FakeBarrier();
    admit = jest.fn<() => Promise<AdmissionReply>>().mockResolvedValue(admitted);
    const alone = { admit: () => null } as unknown as OutageAdmission;
    sut = new LimitCheck(
      { admit } as unknown as LimitRepository,
      barrier,
      new OutageAllowance(),
      alone,
      new SystemClock(),
    );
  });

  it.each<Partial<KeyLimitSettings>>([
    { concurrencyLimit: 1 },
    { rateLimitWindow: 10, tokenLimit: 1 },
    { rateLimitWindow: 10, rateLimitCost: 1 },
    { dailyCostLimit: 1 },
    { totalCostLimit: 1 },
    { weeklyOpusCostLimit: 1 },
  ])('decides only when what the key has used is settled: %j', async (limits) => {
    let settle: () => void = () => undefined;
    barrier.open = () => new Promise((resolve) => (settle = resolve));
    const request = testRequest(limits);
    const decided = sut.decide(request);
    await Promise.resolve();
    expect(admit).not.toHaveBeenCalled();
    settle();
    await expect(decided).resolves.toBe(admitted);
    expect(barrier.asked).toEqual([request.principal.keyId]);
  });

  it.each<Partial<KeyLimitSettings>>([{}, { rateLimitWindow: 10, rateLimitRequests: 5 }])(
    'waits for nothing where it changes nothing: %j',
    async (limits) => {
      await sut.decide(testRequest(limits));
      expect(barrier.asked).toEqual([]);
      expect(admit).toHaveBeenCalledTimes(1);
    },
  );

  it('decides after two seconds by what the store has', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    barrier.open = (signal) => (signal.aborted ? Promise.resolve() : untilAborted(signal));
    await expect(sut.decide(testRequest({ dailyCostLimit: 1 }))).resolves.toBe(admitted);
    expect(timeout).toHaveBeenCalledWith(2000);
    timeout.mockRestore();
  });

  it('ends with the client', async () => {
    const client = new AbortController();
    barrier.open = untilAborted;
    const decided = sut.decide(testRequest({ dailyCostLimit: 1 }, { signal: client.signal }));
    await Promise.resolve();
    client.abort(new Error('gone'));
    await expect(decided).rejects.toThrow('gone');
    expect(admit).not.toHaveBeenCalled();
  });
});
