import { openSqliteStore } from '@crs/store';
import { describe, expect, it, jest } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.ts';
import { testPrincipal } from '../../test/support/test-principal.ts';
import type { AccountHealthService } from '../account/account-health.service.js';
import { OutcomeLatch, type RelayOutcome } from '../core/outcome/outcome-latch.js';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { Served } from './attempt/retry-handler.js';
import { COUNT_TOKENS, MESSAGES } from './endpoints.js';
import { type ClosingCall, RelayClosing } from './relay-closing.js';

const platform = new ClaudeConsolePlatform();
const platforms = { get: () => platform } as unknown as PlatformRegistry;
const body = Buffer.from('{"model":"m","usage":{"input_tokens":3,"output_tokens":2}}');

const served = (): Served => {
  const meter = platform.relay.createUsageMeter();
  meter.onBody(body);
  return {
    answer: { kind: 'whole', status: 200, headers: {}, body, meter },
    selection: { account: testAccount(), sticky: false },
  };
};

const call = (change: Partial<ClosingCall> = {}): ClosingCall =>
  ({
    endpoint: MESSAGES,
    request: { id: 'req_1', model: 'm', endpoint: 'messages', headers: {}, receivedAt: new Date(0), sessionHash: 's' },
    principal: testPrincipal(),
    latch: new OutcomeLatch(),
    ...change,
  }) as ClosingCall;

const createSut = (broken: Promise<void>): RelayClosing =>
  new RelayClosing(
    { remember: () => broken } as unknown as SchedulerService,
    { mark: () => broken } as unknown as AccountHealthService,
    platforms,
    { now: () => 1_000 },
  );

describe('RelayClosing', () => {
  it('books what was used, once', async () => {
    const closing = call();
    const booked = jest.fn<(outcome: RelayOutcome) => Promise<void>>(() => Promise.resolve());
    closing.latch.beforeEnd(booked);
    const sut = createSut(Promise.resolve());
    await sut.settle(closing, served(), 'completed');
    await sut.settle(closing, served(), 'client_gone');
    expect(booked).toHaveBeenCalledTimes(1);
    expect(booked).toHaveBeenCalledWith({
      end: 'completed',
      report: expect.objectContaining({
        requestId: 'req_1',
        usage: expect.objectContaining({ inputTokens: 3, outputTokens: 2 }),
      }),
    });
  });

  it.each([
    ['counting tokens', call({ endpoint: COUNT_TOKENS }), served()],
    ['a refusal', call(), { ...served(), answer: { kind: 'refusal', status: 400, headers: {}, body } }],
    [
      'an answer without figures',
      call(),
      { ...served(), answer: { ...served().answer, meter: platform.relay.createUsageMeter() } } as Served,
    ],
  ])('books nothing for %s', async (_, closing, ended) => {
    const outcomes: unknown[] = [];
    closing.latch.beforeEnd((outcome) => Promise.resolve(void outcomes.push(outcome.report)));
    await createSut(Promise.resolve()).settle(closing, ended, 'completed');
    expect(outcomes).toEqual([null]);
  });

  it('lets a request end well when the store is away', async () => {
    const store = openSqliteStore(':memory:');
    await store.quit();
    const broken = (): Promise<void> => store.get('x').then(() => undefined);
    await expect(createSut(broken()).remember(call(), served())).resolves.toBeUndefined();
    expect(() => {
      createSut(broken()).markBroken(call(), served());
    }).not.toThrow();
    // An unhandled rejection would fail the run; give it its turn.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
