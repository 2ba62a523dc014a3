import { NO_TOKENS, type UsageMeter } from '@crs/extension-api';
import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeLeases } from '../../test/support/fake-leases.ts';
import { MemoryJournal } from '../../test/support/memory-journal.ts';
import { testAccount } from '../../test/support/test-account.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import { testRetryJob } from '../../test/support/test-retry-job.ts';
import { testWastedAttempt } from '../../test/support/test-usage-report.ts';
import { Admission } from '../api-key/limits/admission.js';
import type { RelayEnd } from '../core/outcome/outcome-latch.js';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import type { RetryJob, Spending } from './attempt/retry-job.js';
import { COUNT_TOKENS } from './endpoints.js';
import { type LedgerAttempt, RelayLedger } from './relay-ledger.js';

const platform = new ClaudeConsolePlatform();
const platforms = { get: () => platform } as unknown as PlatformRegistry;
const account = testAccount({ supportedModels: { 'claude-opus': 'vendor-opus' } });
const { id } = testRelayRequest();
const SLOT = { set: 'concurrency:k', member: id };
const ACCOUNT_SLOT = { set: 'concurrency:console_account:a', member: id };

const START = {
  event: 'message_start',
  data: '{"message":{"model":"vendor-opus-1","usage":{"input_tokens":7,"output_tokens":1}}}',
};
const TEXT = {
  event: 'content_block_delta',
  data: '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"twelve bytes"}}',
};
const END = { event: 'message_delta', data: '{"usage":{"output_tokens":9}}' };

const meterOf = (...events: readonly { readonly event: string; readonly data: string }[]): UsageMeter => {
  const meter = platform.relay.createUsageMeter();
  for (const event of events) meter.onEvent(event);
  return meter;
};

const spendingOf = (meter: UsageMeter, change: Partial<Spending> = {}): Spending => ({
  selection: { account, sticky: false, strayed: false, recovering: false, slot: null },
  meter,
  status: 200,
  answerBytes: 0,
  ...change,
});

const attemptOf = (meter = meterOf(), change: Partial<RetryJob> = {}): LedgerAttempt => ({
  ...testRetryJob(change),
  account,
  meter,
});

describe('RelayLedger', () => {
  let journal: MemoryJournal;
  let leases: FakeLeases;
  let clock: TestClock;
  let sut: RelayLedger;
  const warn = jest.spyOn(Logger.prototype, 'warn');

  afterAll(() => {
    warn.mockRestore();
  });

  beforeEach(() => {
    warn.mockReset().mockReturnValue(undefined);
    journal = new MemoryJournal();
    leases = new FakeLeases();
    clock = new TestClock(4_000);
    sut = new RelayLedger(journal, platforms, clock);
  });

  const holding = (): Pick<RetryJob, 'admission' | 'slot'> => ({
    admission: new Admission([leases.keep(SLOT)], 'as-asked'),
    slot: leases.keep(ACCOUNT_SLOT),
  });

  describe('before a request is sent', () => {
    it('notes what would be booked if nothing more were known', () => {
      sut.noteDispatch(attemptOf());
      expect(journal.dispatches).toEqual([
        expect.objectContaining({
          requestId: id,
          accountId: account.id,
          model: 'vendor-opus',
          statusCode: 200,
          usage: NO_TOKENS,
          estimated: true,
          usageMissing: false,
          admission: { leases: [], model: 'claude-opus' },
        }),
      ]);
    });

    it('notes with it what failed attempts before have cost', () => {
      const waste = [testWastedAttempt()];
      sut.noteDispatch(attemptOf(meterOf(), { waste }));
      expect(journal.wastes).toEqual([waste]);
    });

    it('notes what is held, and goes on holding it', () => {
      sut.noteDispatch(attemptOf(meterOf(), holding()));
      expect(journal.dispatches[0]?.admission).toEqual({ leases: [SLOT, ACCOUNT_SLOT], model: 'as-asked' });
      expect(leases.open.size).toBe(2);
    });
  });

  it('notes the input as the upstream has told it', () => {
    const meter = meterOf(START);
    sut.noteInput(attemptOf(meter), meter.read());
    expect(journal.inputs.get(id)).toEqual({
      model: 'vendor-opus-1',
      usage: { ...NO_TOKENS, inputTokens: 7, outputTokens: 1 },
      speed: null,
      serviceTier: null,
    });
  });

  it('notes nothing of what is not booked', () => {
    const meter = meterOf(START);
    const attempt = attemptOf(meter, { endpoint: COUNT_TOKENS });
    sut.noteDispatch(attempt);
    sut.noteInput(attempt, meter.read());
    expect(sut.findWaste(attempt)).toBeNull();
    expect(sut.close(testRetryJob({ endpoint: COUNT_TOKENS, spending: spendingOf(meter) }), 'completed')).toBeNull();
    expect(journal.notes).toEqual([]);
  });

  describe('of an attempt that has failed', () => {
    it('finds what the account was paid', () => {
      expect(sut.findWaste(attemptOf(meterOf(START, TEXT)))).toEqual({
        at: new Date(4_000),
        accountId: account.id,
        quotaResetTime: account.quotaResetTime,
        service: 'claude',
        model: 'vendor-opus-1',
        usage: { ...NO_TOKENS, inputTokens: 7, outputTokens: 3 },
        betaHeader: null,
        speed: null,
        serviceTier: null,
      });
    });

    it('finds nothing where the upstream has told no figure', () => {
      expect(sut.findWaste(attemptOf())).toBeNull();
    });
  });

  describe('at the end', () => {
    const close = (spending: Spending | null, end: RelayEnd = 'completed') =>
      sut.close(testRetryJob({ spending, ...holding() }), end);

    it("books the upstream's figures and hands over what is held, once", () => {
      const job = testRetryJob({ spending: spendingOf(meterOf(START, TEXT, END)), ...holding() });
      expect(sut.close(job, 'completed')).toMatchObject({
        usage: { inputTokens: 7, outputTokens: 9 },
        estimated: false,
        usageMissing: false,
        admission: { leases: [SLOT, ACCOUNT_SLOT], model: 'as-asked' },
      });
      expect(sut.close(job, 'completed')?.admission).toEqual({ leases: [], model: 'as-asked' });
      expect(leases.released).toEqual([]);
    });

    it.each([
      ['no account has a limit', (): Partial<RetryJob> => ({ slot: null }), [SLOT]],
      ['the key has none', (): Partial<RetryJob> => ({ admission: new Admission([], 'as-asked') }), [ACCOUNT_SLOT]],
    ] as const)('hands over what there is where %s', (_, change, expected) => {
      const job = testRetryJob({ spending: spendingOf(meterOf(START)), ...holding(), ...change() });
      expect(sut.close(job, 'completed')?.admission).toEqual({ leases: expected, model: 'as-asked' });
    });

    it('hands over nothing where nothing was held', () => {
      const job = testRetryJob({ spending: spendingOf(meterOf(START)) });
      expect(sut.close(job, 'completed')?.admission).toEqual({ leases: [], model: 'claude-opus' });
    });

    it('books nothing where no account was being paid, and leaves what is held to its owner', () => {
      expect(close(null, 'failed')).toBeNull();
      expect(leases.open.size).toBe(2);
    });

    it.each<RelayEnd>(['client_gone', 'upstream_broken', 'stopped', 'failed'])(
      'books a request that ended as %s before any figure came, flagged and with no tokens',
      (end) => {
        expect(close(spendingOf(meterOf()), end)).toMatchObject({
          usage: NO_TOKENS,
          estimated: true,
          usageMissing: false,
        });
      },
    );

    it('books the known input and a floor of the output where a stream has broken', () => {
      expect(close(spendingOf(meterOf(START, TEXT)), 'client_gone')).toMatchObject({
        usage: { inputTokens: 7, outputTokens: 3 },
        estimated: true,
        usageMissing: false,
      });
    });

    it.each([
      ['a whole answer', spendingOf(meterOf(), { answerBytes: 401 }), 101],
      ['a stream', spendingOf(meterOf(TEXT)), 3],
    ])('books %s without figures by its length', (_, spending, outputTokens) => {
      expect(close(spending)).toMatchObject({
        usage: { ...NO_TOKENS, inputTokens: Math.ceil(testRelayRequest().body.length / 4), outputTokens },
        estimated: true,
        usageMissing: true,
      });
    });

    it('says at most once a minute that figures of a whole answer are estimated, and of which account', () => {
      const absurd = { event: 'message_delta', data: '{"usage":{"output_tokens":9007199254740991}}' };
      close(spendingOf(meterOf(START, TEXT, END)));
      close(spendingOf(meterOf(START, TEXT)), 'client_gone');
      expect(warn).not.toHaveBeenCalled();
      const report = close(spendingOf(meterOf(START, TEXT, absurd)));
      expect(report).toMatchObject({ usage: { inputTokens: 7, outputTokens: 3 }, estimated: true });
      close(spendingOf(meterOf()));
      expect(warn.mock.calls).toEqual([
        [expect.objectContaining({ accountId: account.id, model: 'vendor-opus-1', requestId: id })],
      ]);
      clock.ms += 60_000;
      const noInput = { ...START, data: START.data.replace('7', '1e30') };
      close(spendingOf(meterOf(noInput)), 'client_gone');
      expect(warn.mock.lastCall).toEqual([expect.objectContaining({ suppressed: 1 })]);
    });

    it('books under the status of the answer', () => {
      expect(close(spendingOf(meterOf(START), { status: 201 }))?.statusCode).toBe(201);
    });
  });
});
