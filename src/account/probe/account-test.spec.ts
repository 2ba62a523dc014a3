import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { RelayAdapter, UpstreamAccount } from '@crs/extension-api';
import { type Simulator, startSimulator } from '../../../test/support/simulator/simulator.ts';
import { testAccount } from '../../../test/support/test-account.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { DispatcherPool } from '../../core/egress/dispatcher.pool.js';
import { HttpExchange } from '../../core/egress/http-exchange.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { AccountTest } from './account-test.js';
import { TestEndedError } from './test-ending.js';
import type { TestEvent } from './test-event.js';
import { toProbeRequest } from './test-planner.js';
import type { TestLimits } from './timed-exchange.js';

const KEY = 'upstream-secret';
const LIMITS: TestLimits = { totalMs: 30_000, idleMs: 30_000 };
const NOW = Date.parse('2026-11-23T10:00:00.000Z');

Logger.overrideLogger(false);

describe('AccountTest', () => {
  let simulator: Simulator;
  let pool: DispatcherPool;
  const { relay } = new ClaudeConsolePlatform();
  const config = testConfig();

  const start = (limits: Partial<TestLimits>, adapter: RelayAdapter = relay): AccountTest => {
    const account: UpstreamAccount = testAccount({ apiUrl: simulator.url, secret: KEY });
    const request = toProbeRequest(adapter, { id: 'request-1', model: 'claude-a', receivedAt: new Date(NOW) });
    const outgoing = adapter.buildRequest(request, account);
    const plan = { platform: 'claude-console', account, adapter, request, outgoing, upstreamModel: 'claude-a' };
    const tools = { exchange: new HttpExchange(pool), clock: new TestClock(NOW), config };
    return new AccountTest(plan, { ...tools, limits: { ...LIMITS, ...limits } });
  };

  const lastOf = async (sut: AccountTest, stop = new AbortController().signal): Promise<TestEvent | undefined> => {
    let last: TestEvent | undefined;
    for await (const event of sut.run(stop)) last = event;
    return last;
  };

  beforeAll(async () => {
    simulator = await startSimulator();
    pool = new DispatcherPool(config);
  });
  beforeEach(() => {
    simulator.reset();
  });
  afterAll(async () => {
    await simulator.close();
    await pool.onApplicationShutdown();
  });

  it.each([
    ['no head comes', 'hang', 'did not begin to answer within 0.1 s', 'UPSTREAM_FIRST_BYTE_TIMEOUT'],
    ['it falls silent', 'hang_after_head', 'fell silent for 0.1 s', 'UPSTREAM_IDLE_TIMEOUT'],
    ['it falls silent within the text', 'mid_hang', 'fell silent for 0.1 s', 'see its answer break off'],
  ])('gives an upstream up when %s', async (_name, step, message, verdict) => {
    simulator.script(KEY, [step]);
    expect(await lastOf(start({ idleMs: 100 }))).toMatchObject({
      name: 'test_error',
      stage: 'timeout',
      mark: 'connection',
      message: expect.stringContaining(message),
      verdict: expect.stringContaining(verdict),
    });
    await simulator.settled(KEY, 1);
    expect(simulator.requests(KEY)[0]?.outcome).toBe('client_abort');
  });

  it('ends an answer that comes, but does not end in time', async () => {
    simulator.script(KEY, [{ pings: 10_000, eventDelayMs: 10 }]);
    expect(await lastOf(start({ totalMs: 200 }))).toMatchObject({
      stage: 'timeout',
      status: 200,
      message: expect.stringContaining('not whole after 0.2 s'),
      mark: null,
      verdict: null,
    });
  });

  it('does not wait for an upstream that sends its last event and no end', async () => {
    simulator.script(KEY, [{ text: 'Hi', holdAfterEvents: 6 }]);
    expect(await lastOf(start({}))).toMatchObject({ name: 'test_complete', ok: true, status: 200 });
    await simulator.settled(KEY, 1);
    expect(simulator.requests(KEY)[0]).toMatchObject({ events: 6, outcome: 'client_abort' });
  });

  it('judges a refusal whose words never come by its status', async () => {
    simulator.script(KEY, [{ status: 503, events: ['no', 'more'], fail: { how: 'hang', afterEvents: 1 } }]);
    expect(await lastOf(start({ idleMs: 100 }))).toMatchObject({ stage: 'status', status: 503, message: 'no' });
  });

  it('reads the beginning of a long refusal only', async () => {
    simulator.script(KEY, [{ status: 500, body: 'word '.repeat(1_000_000) }]);
    const end = await lastOf(start({}));
    expect(end).toMatchObject({ stage: 'status', status: 500, message: expect.stringMatching(/^(word ){100}$/) });
  });

  it.each([
    ['a refusal without a word', { status: 403, body: '' }, 'status', 'The upstream answered 403 without a word.'],
    [
      'an answer that is compressed in an unknown way',
      { headers: { 'content-encoding': 'odd' } },
      'stream',
      'compresses its answer (odd)',
    ],
    [
      'an error event without words',
      { fail: { how: 'error_event', afterEvents: 0, error: { type: 'api_error', message: '' } } },
      'stream',
      'The upstream sent the error api_error.',
    ],
    [
      'a stream of comments',
      { events: [`: ${'x'.repeat(2 * 1024 * 1024)}\n\n`] },
      'stream',
      'does not keep to max_tokens',
    ],
    ['an event stream with nothing in it', { events: [] }, 'empty', 'empty answer'],
  ] as const)('tells about %s', async (_name, step, stage, message) => {
    simulator.script(KEY, [step]);
    expect(await lastOf(start({}))).toMatchObject({ ok: false, stage, message: expect.stringContaining(message) });
  });

  it('counts a last event that lacks only its blank line', async () => {
    const delta = '{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}';
    simulator.script(KEY, [{ events: [`data: ${delta}\n\ndata: {"type":"message_stop"}`] }]);
    expect(await lastOf(start({}))).toMatchObject({ ok: true, usage: null, model: 'claude-a', firstContentMs: 0 });
  });

  it('sends nothing for somebody who has gone already', async () => {
    const gone = AbortSignal.abort(new TestEndedError('gone'));
    expect(await lastOf(start({}), gone)).toMatchObject({ stage: 'stopped' });
    expect(simulator.requests(KEY)).toEqual([]);
  });

  it('tells that the gateway itself has failed, without its words', async () => {
    const broken: RelayAdapter = {
      ...relay,
      probe: {
        ...relay.probe,
        textOf: () => {
          throw new Error('a fault of ours');
        },
      },
    };
    const end = await lastOf(start({}, broken));
    expect(end).toMatchObject({
      name: 'test_error',
      message: expect.stringContaining('The gateway itself has failed'),
    });
    expect(JSON.stringify(end)).not.toContain('a fault of ours');
    await simulator.settled(KEY, 1);
  });
});
