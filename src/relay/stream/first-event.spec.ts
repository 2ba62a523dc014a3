import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { noMeter } from '../../../test/support/no-meter.ts';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError } from '../attempt/attempt-failed.error.js';
import { anthropic } from '../protocols/anthropic.js';
import { holdUntilContent } from './first-event.js';
import { StreamTracker } from './stream-tracker.js';

const sse = (event: string, data: object): string =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`;

const start = sse('message_start', { message: { id: 'msg_1', model: 'vendor-opus', usage: { input_tokens: 3 } } });
const ping = sse('ping', {});
const open = sse('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hä€' } });
const error = sse('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });

interface Held {
  readonly result: Promise<Buffer>;
  readonly body: UpstreamBody;
  readonly aborted: jest.Mock<(reason: Error) => void>;
}

function hold(chunks: readonly (string | Buffer)[], options: { end?: boolean } = {}): Held {
  const aborted = jest.fn<(reason: Error) => void>();
  const body = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: aborted });
  for (const chunk of chunks) body.push(Buffer.from(chunk));
  if (options.end === true) body.end();
  const tracker = new StreamTracker(anthropic, noMeter());
  const result = holdUntilContent({ status: 200, headers: {}, body }, tracker, {
    protocol: anthropic,
    idleMs: 60_000,
  });
  return { result, body, aborted };
}

async function failureOf(held: Held): Promise<AttemptFailedError['failure']> {
  const reason: unknown = await held.result.catch((cause: unknown) => cause);
  if (!(reason instanceof AttemptFailedError)) throw new Error(`Not a failed attempt: ${String(reason)}`);
  return reason.failure;
}

describe('holdUntilContent', () => {
  it.each([
    ['a delta', delta],
    ['a finished block', sse('content_block_stop', { index: 0 })],
    ['the end of a message', sse('message_delta', { delta: { stop_reason: 'end_turn' } })],
    ['the last event', sse('message_stop', {})],
  ])('gives every held byte at %s', async (_, content) => {
    const bytes = start + open + content;
    expect((await hold([bytes]).result).toString()).toBe(bytes);
  });

  it('gives the same bytes however they were cut, pings left out', async () => {
    const bytes = Buffer.from(ping + start + ping + open + ping + delta);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), async (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect((await hold(chunks).result).toString()).toBe(start + open + delta);
      }),
    );
  });

  it('commits nothing on events that only open an answer', async () => {
    const held = hold([start, ping, open]);
    const settled = jest.fn();
    void held.result.then(settled, settled);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).not.toHaveBeenCalled();
    held.body.push(Buffer.from(delta));
    expect((await held.result).toString()).toBe(start + open + delta);
  });

  it('fails on an error before any content, with what it says, and ends the exchange', async () => {
    const held = hold([start, error]);
    expect(await failureOf(held)).toMatchObject({
      kind: 'error_event',
      errorType: 'overloaded_error',
      message: 'Overloaded',
    });
    expect(held.aborted).toHaveBeenCalledTimes(1);
  });

  it('passes an error behind content on: it is too late to ask anyone else', async () => {
    expect((await hold([start + delta + error]).result).toString()).toBe(start + delta + error);
  });

  it.each([
    ['nothing', [], { kind: 'malformed', reason: 'empty' }],
    ['white space', ['\n\n  \n'], { kind: 'malformed', reason: 'empty' }],
    ['a page', ['<html>502</html>'], { kind: 'malformed', reason: 'not_sse', text: '<html>502</html>' }],
    ['an opening and no content', [start + open], { kind: 'transport', reason: 'reset' }],
  ] as const)('fails where the stream ends after %s', async (_, chunks, failure) => {
    expect(await failureOf(hold(chunks, { end: true }))).toMatchObject(failure);
  });

  it('takes a last event without its blank line', async () => {
    const bytes = start + delta.trimEnd();
    expect((await hold([bytes + '\n'], { end: true }).result).toString()).toBe(bytes + '\n');
  });

  it('fails when the upstream falls silent', async () => {
    jest.useFakeTimers();
    try {
      const held = hold([start]);
      const failure = failureOf(held);
      await jest.advanceTimersByTimeAsync(60_000);
      expect(await failure).toEqual({ kind: 'timeout', reason: 'idle' });
      expect(held.aborted).toHaveBeenCalledTimes(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['pings', ping],
    ['comments', `: ${'k'.repeat(2000)}\n\n`],
  ])('holds on through any number of %s, whatever they weigh', async (_, sign) => {
    const flood = sign.repeat(Math.ceil((2 * 1024 * 1024) / sign.length));
    const chunks = flood.match(/[^]{1,65000}/g) ?? [];
    expect(await failureOf(hold([start, ...chunks, error]))).toMatchObject({ kind: 'error_event' });
    const bytes = (await hold([start, ...chunks, delta]).result).toString();
    expect(bytes.startsWith(start)).toBe(true);
    expect(bytes.endsWith(delta)).toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(1024 * 1024 + 65_000 + delta.length);
  });

  it('takes nothing away from one MiB of comments', async () => {
    const bytes = start + `: ${'k'.repeat(1000)}\n\n`.repeat(1000) + delta;
    expect((await hold([bytes]).result).toString()).toBe(bytes);
  });

  it('ends with an error that comes with the content', async () => {
    const refused = sse('error', { error: { type: 'authentication_error', message: 'x' } });
    expect((await hold([start + delta + error + delta]).result).toString()).toBe(start + delta + error);
    expect((await hold([start + delta + refused + delta]).result).toString()).toBe(start + delta);
  });

  it('holds at most 64 events, pings not counted', async () => {
    const held = hold([start, ...Array.from({ length: 100 }, () => ping), ...Array.from({ length: 63 }, () => open)]);
    const settled = jest.fn();
    void held.result.then(settled, settled);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).not.toHaveBeenCalled();
    held.body.push(Buffer.from(open));
    await held.result;
  });

  it('holds at most one MiB', async () => {
    const large = sse('content_block_start', {
      index: 0,
      content_block: { type: 'text', text: 'x'.repeat(1024 * 1024) },
    });
    expect((await hold([start, large]).result).length).toBe(start.length + large.length);
  });
});
