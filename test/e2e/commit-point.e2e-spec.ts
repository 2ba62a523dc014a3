import { describe, expect, it } from '@jest/globals';
import { startSilentServer } from '../support/silent-server.ts';
import type { StepLike } from '../support/simulator/step.ts';
import { expectWhole, TwoAccounts } from '../support/two-accounts.ts';

interface Sent {
  readonly event: string;
  readonly data: string;
  readonly delayMs?: number;
}

const sent = (event: string, fields: object): Sent => ({ event, data: JSON.stringify({ type: event, ...fields }) });
const opened = (bytes: number): Sent =>
  sent('content_block_start', { index: 0, content_block: { type: 'text', text: 'x'.repeat(bytes) } });
const STARTED = sent('message_start', { message: { model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } });
const OPENED = opened(0);
const PING = sent('ping', {});
const CONTENT = sent('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'slow' } });
const STOPPED = sent('message_stop', {});
const FAILED = sent('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });

const times = (count: number, event: Sent): Sent[] => Array.from({ length: count }, () => event);
const bytesOf = (events: readonly Sent[]): string =>
  events.map(({ event, data }) => `event: ${event}\ndata: ${data}\n\n`).join('');

const IDLE_MS = 600;
/** Longer together than an upstream may be silent. */
const slowly = (event: Sent): Sent[] => times(4, { ...event, delayMs: IDLE_MS / 3 });

describe('the commit point of a stream', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: IDLE_MS, firstByteTimeoutMs: IDLE_MS, holdMs: 100 } });

  it.each([
    ['64 events', times(63, OPENED)],
    ['64 events, and pings between them', [PING, ...times(63, OPENED), PING, PING]],
    ['nearly one MiB', [opened(1_000_000)]],
  ])('does not come before any content: the next account takes over behind %s', async (_, opening) => {
    pool.simulator.setDefault('up-a', { events: [STARTED, ...opening, FAILED] });
    const answer = await pool.send(true);
    expectWhole(answer, true);
    expect(String(answer.body).match(/event: message_start/g)).toHaveLength(1);
  });

  it.each([
    ['64 events', times(64, OPENED)],
    ['one MiB', [opened(1_048_576)]],
  ])('comes when more than %s are held', async (_, opening) => {
    pool.simulator.setDefault('up-a', { events: [STARTED, ...opening, { ...FAILED, delayMs: 50 }] });
    const answer = await pool.send(true);
    expect(answer.isCut).toBe(true);
    expect(String(answer.body)).toBe(bytesOf([STARTED, ...opening, FAILED]));
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it.each([
    ['before its first content', [STARTED, ...slowly(PING), CONTENT, STOPPED]],
    ['behind its first content', [STARTED, CONTENT, ...slowly(PING), STOPPED]],
    ['between its events', [STARTED, ...slowly(OPENED), ...slowly(CONTENT), STOPPED]],
  ])('leaves an upstream its time that is slow, but never silent: %s', async (_, events) => {
    pool.simulator.setDefault('up-a', { events });
    const answer = await pool.send(true);
    expect(answer).toMatchObject({ status: 200, isCut: false });
    expect(String(answer.body).endsWith(bytesOf([STOPPED]))).toBe(true);
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
    expect(await pool.availability()).toMatchObject({ available: true });
  });

  it.each<[string, StepLike]>([
    ['answers with an error', { preset: 'overloaded', delayMs: 200 }],
    ['sends an error event', { fail: { how: 'error_event', afterEvents: 1 }, eventDelayMs: 200 }],
    ['breaks off', { fail: { how: 'cut', afterEvents: 1 }, eventDelayMs: 200 }],
    ['falls silent', { fail: { how: 'hang', afterEvents: 1 } }],
  ])('does not come with pings of our own: the next account takes over from one that %s', async (_, step) => {
    pool.simulator.setDefault('up-a', step);
    const answer = await pool.send(true);
    expectWhole(answer, true);
    // Nothing of the first account, and no ping once the answer has begun.
    expect(String(answer.body)).toMatch(/^event: ping\ndata: [^\n]*\n\nevent: message_start\n/);
    expect(String(answer.body).match(/event: (ping|message_start)/g)).toHaveLength(2);
  });

  it('does not wait for a handshake that never ends: the next account takes over', async () => {
    const silent = await startSilentServer();
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: silent.url });
    try {
      expectWhole(await pool.send(true), true);
      expect(await pool.availability()).toMatchObject({ available: false, reasons: ['cooling_down'] });
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { apiUrl: pool.simulator.url });
      await silent.close();
    }
  });

  it('is behind pings of our own where the head was slow', async () => {
    const events = [STARTED, CONTENT, STOPPED];
    pool.simulator.setDefault('up-a', { events, delayMs: 300 });
    const answer = await pool.send(true);
    expect(answer).toMatchObject({ status: 200, isCut: false });
    expect(String(answer.body)).toMatch(/^event: ping\ndata: [^\n]*\n\n/);
    expect(String(answer.body).replace(/^event: ping\ndata: [^\n]*\n\n/, '')).toBe(bytesOf(events));
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('makes the end honest where an event was cut off: the error behind it can be read', async () => {
    pool.simulator.setDefault('up-a', 'mid_cut');
    const answer = await pool.send(true);
    expect(answer.isCut).toBe(true);
    expect(String(answer.body)).toMatch(/[^\n]\n\nevent: error\ndata: [^\n]*\n\n$/);
  });
});
