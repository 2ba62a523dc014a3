import type { AccountMark } from '@crs/extension-api';
import { openSqliteStore } from '@crs/store';
import { describe, expect, it, jest } from '@jest/globals';
import { FakeLeases } from '../../test/support/fake-leases.ts';
import { testAccount } from '../../test/support/test-account.ts';
import { testConfig } from '../../test/support/test-config.ts';
import { testPrincipal } from '../../test/support/test-principal.ts';
import type { AccountHealthService } from '../account/account-health.service.js';
import { Admission } from '../api-key/limits/admission.js';
import { OutcomeLatch, type RelayOutcome } from '../core/outcome/outcome-latch.js';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { AttemptLog } from './attempt/attempt-log.js';
import type { AttemptRecord } from './attempt/attempt-record.js';
import type { RetryJob, Served, Spending } from './attempt/retry-handler.js';
import { COUNT_TOKENS, MESSAGES } from './endpoints.js';
import { type ClosingCall, RelayClosing } from './relay-closing.js';
import { newEnding, type RequestEntry } from './requests/request-entry.js';
import type { StreamTracker } from './stream/stream-tracker.js';

const platform = new ClaudeConsolePlatform();
const platforms = { get: () => platform } as unknown as PlatformRegistry;
const body = Buffer.from('{"model":"m","usage":{"input_tokens":3,"output_tokens":2}}');

const answered = (): { served: Served; spending: Spending } => {
  const meter = platform.relay.createUsageMeter();
  meter.onBody(body);
  const selection = { account: testAccount(), sticky: false, recovering: false, slot: null };
  return {
    served: { answer: { kind: 'whole', status: 200, headers: {}, body, meter }, selection },
    spending: { selection, meter, status: 200 },
  };
};

const call = (change: Partial<ClosingCall> = {}, job: Partial<RetryJob> = {}): ClosingCall =>
  ({
    endpoint: MESSAGES,
    job: {
      request: {
        id: 'req_1',
        model: 'm',
        endpoint: 'messages',
        headers: {},
        receivedAt: new Date(0),
        sessionHash: 's',
      },
      principal: testPrincipal(),
      spending: answered().spending,
      attempts: [],
      slot: null,
      ...job,
    },
    admission: null,
    latch: new OutcomeLatch(),
    client: { status: 200, hasKeptWaiting: false },
    ending: newEnding(),
    ...change,
  }) as ClosingCall;

const tracker = (failure: StreamTracker['failure']): StreamTracker => ({ failure }) as StreamTracker;

const createSut = (
  working = Promise.resolve(),
  mark = jest.fn<AccountHealthService['mark']>(() => working),
  log = { add: () => undefined } as unknown as AttemptLog,
): RelayClosing =>
  new RelayClosing(
    { remember: () => working } as unknown as SchedulerService,
    { mark } as unknown as AccountHealthService,
    platforms,
    log,
    { now: () => 1_000 },
    testConfig(),
  );

describe('RelayClosing', () => {
  it('books what was used, once', async () => {
    const closing = call();
    const booked = jest.fn<(outcome: RelayOutcome) => Promise<void>>(() => Promise.resolve());
    closing.latch.beforeEnd(booked);
    const sut = createSut();
    await sut.settle(closing, 'completed');
    await sut.settle(closing, 'client_gone');
    expect(booked).toHaveBeenCalledTimes(1);
    expect(booked).toHaveBeenCalledWith({
      end: 'completed',
      report: expect.objectContaining({
        requestId: 'req_1',
        usage: expect.objectContaining({ inputTokens: 3, outputTokens: 2 }),
      }),
    });
  });

  const withoutFigures: Spending = { ...answered().spending, meter: platform.relay.createUsageMeter() };

  it.each([
    ['counting tokens', call({ endpoint: COUNT_TOKENS }), 'completed'],
    ['a request that nobody served', call({}, { spending: null }), 'failed'],
    ['a request that was left before any figure came', call({}, { spending: withoutFigures }), 'client_gone'],
  ] as const)('books nothing for %s', async (_, closing, end) => {
    const outcomes: unknown[] = [];
    closing.latch.beforeEnd((outcome) => Promise.resolve(void outcomes.push(outcome.report)));
    await createSut().settle(closing, end);
    expect(outcomes).toEqual([null]);
  });

  describe('with something held', () => {
    const slotRef = { set: 'concurrency:k', member: 'req_1' };
    const accountRef = { set: 'concurrency:console_account:a', member: 'req_1' };
    let leases: FakeLeases;
    let outcomes: RelayOutcome[];
    let openWhenSettled: number;

    const holding = (change: Partial<ClosingCall> = {}, job: Partial<RetryJob> = {}): ClosingCall => {
      leases = new FakeLeases();
      outcomes = [];
      const admission = new Admission([leases.keep(slotRef)], 'as-asked');
      const closing = call({ admission, ...change }, { slot: leases.keep(accountRef), ...job });
      closing.latch.beforeEnd((outcome) => {
        openWhenSettled = leases.open.size;
        return Promise.resolve(void outcomes.push(outcome));
      });
      return closing;
    };

    it('hands it over to the booking, the slot of the account included', async () => {
      const closing = holding();
      const sut = createSut();
      await sut.settle(closing, 'completed');
      await sut.settle(closing, 'client_gone');
      await sut.end(closing);
      expect(outcomes.map(({ report }) => report?.admission)).toEqual([
        { leases: [slotRef, accountRef], model: 'as-asked' },
      ]);
      expect(leases.released).toEqual([]);
    });

    it.each([
      ['no account has a limit', { slot: null }, [slotRef]],
      ['the key has none', {}, [accountRef]],
    ] as const)('hands over what there is where %s', async (_, job, expected) => {
      const closing = holding({}, job);
      const admission = expected[0] === accountRef ? new Admission([], 'as-asked') : closing.admission;
      await createSut().settle({ ...closing, admission }, 'completed');
      expect(outcomes[0]?.report?.admission).toEqual({ leases: expected, model: 'as-asked' });
    });

    it.each([
      ['nobody served', { spending: null }, 'failed'],
      ['was left before any figure came', { spending: withoutFigures }, 'client_gone'],
    ] as const)('gives it back before the end of a request that %s', async (_, job, end) => {
      const closing = holding({}, job);
      await createSut().settle(closing, end);
      expect(openWhenSettled).toBe(0);
      expect(outcomes).toEqual([{ end, report: null }]);
      expect(leases.released).toEqual([slotRef, accountRef]);
    });

    it('gives it back where the request ends without having been settled', async () => {
      const closing = holding();
      await createSut().end(closing);
      expect(leases.released).toEqual([slotRef, accountRef]);
      expect(leases.open.size).toBe(0);
    });
  });

  it('counts an answer whose upstream told no figures, flagged', async () => {
    const closing = call({}, { spending: withoutFigures });
    const outcomes: RelayOutcome[] = [];
    closing.latch.beforeEnd((outcome) => Promise.resolve(void outcomes.push(outcome)));
    await createSut().settle(closing, 'completed');
    expect(outcomes[0]?.report).toMatchObject({ estimated: true, usage: { inputTokens: 0, outputTokens: 0 } });
  });

  it.each<[string, StreamTracker['failure'], AccountMark]>([
    ['that just breaks', null, { type: 'connection', statusCode: 0 }],
    [
      'that says it is overloaded',
      { type: 'overloaded_error', message: '', text: '{}' },
      { type: 'overload', statusCode: 529 },
    ],
  ])('marks an upstream %s', (_, failure, expected) => {
    const mark = jest.fn<AccountHealthService['mark']>(() => Promise.resolve());
    createSut(Promise.resolve(), mark).noteBroken(call(), answered().served, tracker(failure));
    expect(mark).toHaveBeenCalledWith(expect.anything(), expected, expect.objectContaining({ requestId: 'req_1' }));
  });

  it.each<[StreamTracker['failure'], number]>([
    [null, 0],
    [{ type: 'overloaded_error', message: '', text: '{}' }, 1],
  ])('blames an upstream that its client had made wait only for its own words: %j', (failure, marks) => {
    const mark = jest.fn<AccountHealthService['mark']>(() => Promise.resolve());
    const slow = call({ client: { status: 200, hasKeptWaiting: true } });
    createSut(Promise.resolve(), mark).noteBroken(slow, answered().served, tracker(failure));
    expect(mark).toHaveBeenCalledTimes(marks);
  });

  it('does not blame an upstream that blames the request', () => {
    const mark = jest.fn<AccountHealthService['mark']>(() => Promise.resolve());
    const failure = { type: 'invalid_request_error', message: 'too long', text: '{}' };
    createSut(Promise.resolve(), mark).noteBroken(call(), answered().served, tracker(failure));
    expect(mark).not.toHaveBeenCalled();
  });

  it('notes in the log how the request has ended first, at once', async () => {
    const entries: RequestEntry[] = [];
    const log = { add: (entry: RequestEntry) => entries.push(entry) } as unknown as AttemptLog;
    const sut = createSut(Promise.resolve(), undefined, log);
    const closing = call();
    await sut.settle(closing, 'upstream_broken');
    await sut.settle(closing, 'completed');
    const end = sut.end(closing);
    expect(entries).toMatchObject([{ requestId: 'req_1', end: 'upstream_broken', status: 200, ms: 1_000 }]);
    await end;
    expect(entries).toHaveLength(1);
  });

  it('says in the attempts that the answer broke off', () => {
    const last = { result: 'ok' } as AttemptRecord;
    const closing = call({}, { attempts: [last] });
    createSut().noteBroken(closing, answered().served, tracker(null));
    expect(closing.job.attempts).toEqual([{ result: 'broke_off', reason: null }]);
  });

  it('lets a request end well when the store is away', async () => {
    const store = openSqliteStore(':memory:');
    await store.quit();
    const broken = (): Promise<void> => store.get('x').then(() => undefined);
    await expect(createSut(broken()).remember(call(), answered().served)).resolves.toBeUndefined();
    expect(() => {
      createSut(broken()).noteBroken(call(), answered().served, tracker(null));
    }).not.toThrow();
    // An unhandled rejection would fail the run; give it its turn.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
