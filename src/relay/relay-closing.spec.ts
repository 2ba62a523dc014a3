import type { UsageReport, WastedAttempt } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeLeases } from '../../test/support/fake-leases.ts';
import { testAccount } from '../../test/support/test-account.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import { testRetryJob } from '../../test/support/test-retry-job.ts';
import { testUsageReport, testWastedAttempt } from '../../test/support/test-usage-report.ts';
import { Admission } from '../api-key/limits/admission.js';
import { OutcomeLatch, type RelayEnd, type RelayOutcome } from '../core/outcome/outcome-latch.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { AttemptLog } from './attempt/attempt-log.js';
import type { Served } from './attempt/retry-handler.js';
import type { RetryJob } from './attempt/retry-job.js';
import type { BrokenAnswers } from './broken-answers.js';
import { type ClosingCall, RelayClosing } from './relay-closing.js';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';
import { RelayMetrics } from './relay-metrics.js';
import type { RelayLedger } from './relay-ledger.js';
import { newEnding, type RequestEntry } from './requests/request-entry.js';
import type { StreamTracker } from './stream/stream-tracker.js';

const { id: requestId } = testRelayRequest();
const SLOT = { set: 'concurrency:k', member: requestId };
const ACCOUNT_SLOT = { set: 'concurrency:console_account:a', member: requestId };
const selection = { account: testAccount(), sticky: false, strayed: false, recovering: false, slot: null };
const served: Served = { answer: { kind: 'local', status: 200, headers: {}, body: Buffer.alloc(0) }, selection };

describe('RelayClosing', () => {
  let clock: TestClock;
  let leases: FakeLeases;
  let outcomes: RelayOutcome[];
  let entries: RequestEntry[];
  let heldWhenSettled: number;
  let report: UsageReport | null;
  const close = jest.fn<RelayLedger['close']>();
  const remember = jest.fn<SchedulerService['remember']>();
  const noteBroken = jest.fn<BrokenAnswers['note']>();
  let sut: RelayClosing;

  beforeEach(() => {
    jest.resetAllMocks();
    clock = new TestClock(1_000);
    leases = new FakeLeases();
    [outcomes, entries, heldWhenSettled] = [[], [], Number.NaN];
    report = testUsageReport();
    // As the real one: what it books has taken over what was held.
    close.mockImplementation(({ admission, slot }) => {
      if (report !== null) [admission, slot].map((held) => held?.handOver());
      return report;
    });
    sut = new RelayClosing(
      { remember } as unknown as SchedulerService,
      { close } as unknown as RelayLedger,
      { note: noteBroken } as unknown as BrokenAnswers,
      { add: (entry: RequestEntry) => entries.push(entry) } as unknown as AttemptLog,
      new RelayMetrics(new MetricsRegistry(), { count: () => 0 }),
      clock,
    );
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const call = (change: Partial<RetryJob> = {}): ClosingCall => {
    const admission = new Admission([leases.keep(SLOT)], 'as-asked');
    const job = testRetryJob({ admission, slot: leases.keep(ACCOUNT_SLOT), ...change });
    const latch = new OutcomeLatch();
    latch.beforeEnd(async (outcome) => {
      heldWhenSettled = leases.open.size;
      outcomes.push(outcome);
    });
    return { endpoint: job.endpoint, job, latch, client: { status: 200, hasKeptWaiting: false }, ending: newEnding() };
  };

  it('books what was used, once', async () => {
    const closing = call();
    await sut.settle(closing, 'completed');
    await sut.settle(closing, 'client_gone');
    await sut.end(closing);
    expect(outcomes).toEqual([{ requestId, end: 'completed', report, waste: [] }]);
    expect(close).toHaveBeenNthCalledWith(1, closing.job, 'completed');
    expect(leases.handedOver).toEqual([SLOT, ACCOUNT_SLOT]);
    expect(leases.released).toEqual([]);
  });

  it.each<[string, UsageReport | null]>([
    ['that was served in the end', testUsageReport()],
    ['that nobody served', null],
  ])('books what attempts have cost for nothing, of a request %s', async (_, given) => {
    report = given;
    const waste: WastedAttempt[] = [testWastedAttempt()];
    await sut.settle(call({ waste }), 'failed');
    expect(outcomes).toEqual([{ requestId, end: 'failed', report, waste }]);
  });

  it.each<RelayEnd>(['failed', 'completed', 'client_gone'])(
    'gives back what is held before the end of a request with nothing to book: %s',
    async (end) => {
      report = null;
      await sut.settle(call(), end);
      expect(heldWhenSettled).toBe(0);
      expect(outcomes).toEqual([{ requestId, end, report: null, waste: [] }]);
      expect(leases.released).toEqual([SLOT, ACCOUNT_SLOT]);
    },
  );

  it('gives it back where the request ends without having been settled', async () => {
    await sut.end(call());
    expect(leases.released).toEqual([SLOT, ACCOUNT_SLOT]);
    expect(leases.open.size).toBe(0);
  });

  it('notes in the log how the request has ended first, at once', async () => {
    const closing = call();
    await sut.settle(closing, 'upstream_broken');
    await sut.settle(closing, 'completed');
    const end = sut.end(closing);
    expect(entries).toMatchObject([{ requestId, end: 'upstream_broken', status: 200, ms: 1_000 }]);
    await end;
    expect(entries).toHaveLength(1);
  });

  it('passes on that an answer has broken', () => {
    const closing = call();
    const tracker = { failure: null } as StreamTracker;
    sut.noteBroken(closing, served, tracker);
    expect(noteBroken).toHaveBeenCalledWith(closing, served, tracker);
  });

  it('keeps the session with its account', async () => {
    await sut.remember(call({ request: testRelayRequest({ sessionHash: 's' }) }), served);
    expect(remember).toHaveBeenCalledWith('s', selection);
  });

  it('lets a request end well when its session cannot be kept, and says so once a minute', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const away = new Error('away');
    remember.mockRejectedValue(away);
    for (let times = 0; times < 4; times += 1) await expect(sut.remember(call(), served)).resolves.toBeUndefined();
    expect(warn.mock.calls).toEqual([[{ msg: 'A session could not be kept', requestId, err: away }]]);
    clock.ms += 60_000;
    await sut.remember(call(), served);
    expect(warn).toHaveBeenLastCalledWith(expect.objectContaining({ suppressed: 3 }));
  });
});
