import { randomUUID } from 'node:crypto';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import type { StepLike } from '../support/simulator/step.ts';
import { TestApp } from '../support/test-app.ts';

const TEXT = 'The whole answer, in several pieces.';
const body = (stream: boolean): object => ({
  model: 'claude-sonnet-4-5-20250929',
  max_tokens: 9,
  stream,
  messages: [{ role: 'user', content: 'Hello' }],
});

interface Fault {
  readonly name: string;
  readonly step: StepLike;
  /** What keeps the account out of use afterwards. */
  readonly reasons: readonly string[];
}

const FAULTS: readonly Fault[] = [
  { name: '500', step: 'server_error', reasons: ['cooling_down'] },
  { name: '502 with a page', step: 'bad_gateway', reasons: ['cooling_down'] },
  { name: '503', step: 'unavailable', reasons: ['cooling_down'] },
  { name: '529', step: 'overloaded', reasons: ['cooling_down'] },
  { name: '429 with a reset', step: 'rate_limited', reasons: ['rate_limited'] },
  { name: '429 without a reset', step: 'rate_limited_no_reset', reasons: ['rate_limited'] },
  { name: '401', step: 'unauthorized', reasons: ['cooling_down'] },
  { name: '402', step: 'payment', reasons: ['cooling_down'] },
  { name: '403', step: 'forbidden', reasons: ['cooling_down'] },
  {
    name: 'a disabled organization',
    step: { status: 400, error: { type: 'invalid_request_error', message: 'This organization has been disabled.' } },
    reasons: ['cooling_down'],
  },
  { name: 'a reset before the head', step: 'reset', reasons: ['cooling_down'] },
  { name: 'garbage before the head', step: 'garbage', reasons: ['cooling_down'] },
  { name: 'a page with status 200', step: 'html', reasons: ['cooling_down'] },
  { name: 'an empty body with status 200', step: 'empty', reasons: ['cooling_down'] },
  { name: 'an error body with status 200', step: 'error_body', reasons: ['cooling_down'] },
  { name: 'a compressed answer that nobody asked for', step: { preset: 'ok', gzip: true }, reasons: ['cooling_down'] },
];

const STREAM_FAULTS: readonly Fault[] = [
  { name: 'an error event first', step: 'early_error', reasons: ['cooling_down'] },
  { name: 'an error event behind message_start', step: 'error_after_start', reasons: ['cooling_down'] },
  { name: 'a silent upstream', step: 'hang_after_head', reasons: ['cooling_down'] },
  { name: 'no head', step: 'hang', reasons: ['cooling_down'] },
  {
    name: 'a stream that is cut behind message_start',
    step: { fail: { how: 'cut', afterEvents: 1 } },
    reasons: ['cooling_down'],
  },
  {
    name: 'a stream that ends behind message_start',
    step: { fail: { how: 'truncate', afterEvents: 1 } },
    reasons: ['cooling_down'],
  },
];

describe('failing over', () => {
  let simulator: Simulator;
  let app: TestApp;
  let first: string;
  let second: string;
  let secret: string;
  let headers: Record<string, string>;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({ relay: { idleTimeoutMs: 300, firstByteTimeoutMs: 300, holdMs: 100 } });
    first = await app.account(simulator.url, 'up-a', { priority: 1 });
    second = await app.account(simulator.url, 'up-b', { priority: 2 });
    secret = (await app.key()).key;
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  beforeEach(async () => {
    // A session of its own for each case: an earlier one would stay with the account that served it.
    headers = { 'x-api-key': secret, 'x-claude-code-session-id': randomUUID() };
    simulator.reset();
    simulator.setDefault('up-b', { text: TEXT, deltaChars: 6 });
    for (const id of [first, second]) await app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
  });

  const send = (stream: boolean) => app.call('POST', '/api/v1/messages', body(stream), headers);

  const expectWhole = (answer: { status: number; body: unknown }, stream: boolean): void => {
    expect(answer.status).toBe(200);
    const text = stream
      ? [...String(answer.body).matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('')
      : (answer.body as { content: { text: string }[] }).content[0]?.text;
    expect(text).toBe(TEXT);
    if (stream) expect(String(answer.body).trimEnd()).toMatch(/event: message_stop\ndata: [^\n]*$/);
  };

  const cases = [
    ...FAULTS.flatMap((fault) => [true, false].map((stream) => ({ ...fault, stream }))),
    ...STREAM_FAULTS.map((fault) => ({ ...fault, stream: true })),
  ];

  it.each(cases)(
    'hides $name of the first account (stream: $stream) and marks it',
    async ({ step, stream, reasons }) => {
      simulator.setDefault('up-a', step);
      const answer = await send(stream);
      expectWhole(answer, stream);
      expect(simulator.requests('up-a')).toHaveLength(1);
      expect(simulator.requests('up-b')).toHaveLength(1);
      const { body: availability } = await app.api('GET', `/accounts/claude-console/${first}/availability`);
      expect(availability).toMatchObject({ available: false, reasons });
    },
  );

  it.each(cases)('answers honestly when $name is all there is (stream: $stream)', async ({ step, stream }) => {
    simulator.setDefault('up-a', step);
    simulator.setDefault('up-b', step);
    const answer = await send(stream);
    if (answer.status === 200) {
      // Pings had been sent already: the error comes as an event, and the connection is cut.
      expect(answer.isCut).toBe(true);
      expect(String(answer.body)).toMatch(/^(event: ping\ndata: [^\n]*\n\n)+event: error\ndata: /);
    } else {
      expect(answer.status).toBeGreaterThanOrEqual(429);
      expect(answer.body).toMatchObject({
        type: 'error',
        error: { type: expect.any(String), message: expect.any(String) },
      });
      expect(answer.headers.get('retry-after') ?? answer.headers.get('x-should-retry')).toBeTruthy();
    }
    expect([401, 402, 403]).not.toContain(answer.status);
  });

  it.each([
    ['an error event', 'mid_error'],
    ['a reset', 'mid_reset'],
    ['a cut connection', 'mid_cut'],
    ['a clean end', 'mid_truncate'],
    ['silence', 'mid_hang'],
  ])('ends honestly on %s behind the commit point', async (_, step) => {
    simulator.setDefault('up-a', step);
    const { status, body: answer, isCut } = await send(true);
    expect(status).toBe(200);
    expect(isCut).toBe(true);
    const text = String(answer);
    expect(text).toContain('content_block_delta');
    expect(text).toContain('event: error\n');
    expect(text).not.toContain('message_stop');
    expect(simulator.requests('up-b')).toHaveLength(0);
  });

  it('asks each account once and no more than five accounts', async () => {
    const ids = await Promise.all(
      ['c', 'd', 'e', 'f'].map((name) => app.account(simulator.url, `up-${name}`, { priority: 3 })),
    );
    simulator.setDefault('*', 'overloaded');
    for (const name of ['a', 'b']) simulator.setDefault(`up-${name}`, 'overloaded');
    const answer = await send(false);
    for (const id of ids) await app.api('DELETE', `/accounts/claude-console/${id}`);
    expect(answer.body.error.message).toBe('5 upstream accounts failed; the last one answered 529.');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(simulator.log).toHaveLength(5);
  });

  it('asks a pool of one once', async () => {
    const bound = await app.key({ claudeConsoleAccountId: first });
    simulator.setDefault('up-a', 'server_error');
    const answer = await app.call('POST', '/api/v1/messages', body(false), { 'x-api-key': bound.key });
    expect(answer.status).toBe(500);
    expect(simulator.log).toHaveLength(1);
    const again = await app.call('POST', '/api/v1/messages', body(false), { 'x-api-key': bound.key });
    expect(again.status).toBe(503);
    expect(again.body.error.message).toBe('No upstream account is available for this request (1 cooling down).');
  });

  it('tells what only the client can mend when it comes as the first event', async () => {
    simulator.setDefault('up-a', {
      fail: {
        how: 'error_event',
        afterEvents: 0,
        error: { type: 'invalid_request_error', message: 'max_tokens: too large' },
      },
    });
    const answer = await send(true);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', message: 'max_tokens: too large' } },
    });
    expect(simulator.requests('up-b')).toHaveLength(0);
  });

  it('refuses an answer that is too large to hold', async () => {
    simulator.setDefault('up-a', { textBytes: 33 * 1024 * 1024 });
    simulator.setDefault('up-b', { textBytes: 33 * 1024 * 1024 });
    expect(await send(false)).toMatchObject({ status: 502, body: { error: { type: 'api_error' } } });
  });

  it('passes an account by whose stored address is none', async () => {
    const store = app.app.get<StoreClient>(STORE_CLIENT);
    const record = keys.account.record('claude_console_account', first);
    const address = (await store.hget(record, 'apiUrl')) ?? '';
    await store.hset(record, { apiUrl: 'no address' });
    await app.api('POST', `/accounts/claude-console/${first}/reset-rate-limit`);
    try {
      expectWhole(await send(true), true);
    } finally {
      await store.hset(record, { apiUrl: address });
    }
  });

  it('takes over from an account that stays silent after pings have been sent', async () => {
    simulator.setDefault('up-a', 'hang_after_head');
    const answer = await send(true);
    expect(String(answer.body)).toMatch(/^event: ping\n/);
    expect(String(answer.body)).toContain('event: message_stop');
  });

  it.each([404, 405, 501])('answers count_tokens itself where every account says %d', async (status) => {
    const step = { status, for: 'count_tokens' as const, error: { type: 'not_found_error', message: 'Not Found' } };
    for (const name of ['up-a', 'up-b']) simulator.setDefault(name, step);
    const question = JSON.stringify({ model: 'm', messages: [] });
    for (const expectedRequests of [2, 2]) {
      const answer = await app.call('POST', '/api/v1/messages/count_tokens', question, headers);
      expect(answer).toMatchObject({ status: 200, body: { input_tokens: Math.ceil(question.length / 4) } });
      expect(simulator.log).toHaveLength(expectedRequests);
    }
    expect((await send(false)).status).toBe(200);
  });
});
