import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RelayError } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError } from '../attempt/attempt-failed.error.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { anthropic } from '../protocols/anthropic.js';
import { ClientStream, type StreamEnd } from './client-stream.js';
import type { StreamAnswer } from './relay-answer.js';
import { StreamTracker } from './stream-tracker.js';

const HELD = Buffer.from('event: content_block_delta\ndata: {}\n\n');

describe('ClientStream', () => {
  let server: Server;
  let response: ServerResponse;
  let sut: ClientStream;
  const aborted = jest.fn<(reason: Error) => void>();

  beforeEach(async () => {
    aborted.mockClear();
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const outgoing = request({ port: (server.address() as AddressInfo).port, agent: false });
    outgoing.on('error', () => undefined).on('response', (incoming) => incoming.on('error', () => undefined).resume());
    outgoing.end();
    [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    const reply = { raw: response, hijack: () => undefined, getHeaders: () => ({}) } as unknown as FastifyReply;
    sut = new ClientStream(reply, anthropic, 'req_1');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (body: UpstreamBody, tracker: Partial<StreamTracker>): Promise<StreamEnd> => {
    const rest = { status: 200, headers: {}, body };
    const silent = { isWhole: false, failure: null, needsBreak: false, hasTold: false };
    const answer = {
      kind: 'stream',
      status: 200,
      headers: {},
      held: HELD,
      rest,
      tracker: tracker instanceof StreamTracker ? tracker : { ...silent, ...tracker },
    } as unknown as StreamAnswer;
    return sut.sendStream(answer, {
      stopping: new AbortController().signal,
      idleMs: 60_000,
      errorFor: () => new RelayError('upstream_failed', 'broke off'),
      beforeFinal: () => Promise.resolve(),
    });
  };

  const createBody = (): UpstreamBody =>
    new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: aborted });

  it('does not blame a fault of its own on the upstream, and ends the exchange', async () => {
    const body = createBody();
    body.push(Buffer.from('x'));
    const observe = (): never => {
      throw new TypeError('a fault of ours');
    };
    await expect(send(body, { isWhole: false, observe })).rejects.toThrow('a fault of ours');
    expect(aborted).toHaveBeenCalledTimes(1);
  });

  it('says that the upstream has broken off where it has', async () => {
    const body = createBody();
    body.fail(new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' }));
    expect(await send(body, { isWhole: false, failure: null, needsBreak: false })).toBe('upstream_broken');
  });

  describe('where the upstream says that the stream has failed', () => {
    const failed = (type: string): string =>
      `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"secret words"}}\n\n`;
    const DELTA = 'event: content_block_delta\ndata: {}\n\n';
    const STOP = 'event: message_stop\ndata: {}\n\n';
    const OWN = anthropic.errorEvent(new RelayError('upstream_failed', 'broke off'), 'req_1').toString();
    const meter = new ClaudeConsolePlatform().relay.createUsageMeter();

    /** What the client got, and how the stream ended; the upstream leaves its connection open. */
    const sendAll = async (...chunks: readonly string[]): Promise<{ end: StreamEnd; told: string }> => {
      const written = jest.spyOn(response, 'write');
      const body = createBody();
      for (const chunk of chunks) body.push(Buffer.from(chunk));
      const tracker = new StreamTracker(anthropic, meter);
      tracker.observe(HELD);
      const end = await send(body, tracker);
      const told = Buffer.concat(written.mock.calls.map(([bytes]) => Buffer.from(bytes as Buffer))).toString();
      return { end, told: told.slice(HELD.length) };
    };

    it.each([
      ['that event', [failed('overloaded_error')]],
      ['that event and what came before', [DELTA + failed('overloaded_error')]],
      ['that event in pieces', [failed('overloaded_error').slice(0, 20), failed('overloaded_error').slice(20)]],
    ])('passes on %s, ends the exchange, and says no more', async (_, chunks) => {
      expect(await sendAll(...chunks)).toEqual({ end: 'upstream_broken', told: chunks.join('') });
      expect(aborted).toHaveBeenCalledTimes(1);
    });

    it.each([
      ['in the same chunk', [DELTA + failed('api_error') + STOP]],
      ['in the next chunk', [DELTA + failed('api_error'), STOP]],
    ])('does not believe a good end behind it: %s', async (_, chunks) => {
      expect(await sendAll(...chunks)).toEqual({ end: 'upstream_broken', told: DELTA + failed('api_error') });
    });

    it('takes no notice of an error behind the end', async () => {
      const { end } = await (async () => {
        const body = createBody();
        body.push(Buffer.from(STOP + failed('api_error')));
        body.end();
        return { end: await send(body, new StreamTracker(anthropic, meter)) };
      })();
      expect(end).toBe('completed');
    });

    it.each(['authentication_error', 'permission_error', 'billing_error'])(
      'tells in its own words that the upstream refuses the access of the gateway: %s',
      async (type) => {
        expect(await sendAll(DELTA + failed(type) + STOP)).toEqual({ end: 'upstream_broken', told: DELTA + OWN });
      },
    );

    it('never brings a refused access to its end that has left in part', async () => {
      const event = failed('authentication_error');
      const begun = DELTA + event.slice(0, -1);
      expect(await sendAll(begun, event.slice(-1))).toEqual({ end: 'upstream_broken', told: begun });
    });

    it('never brings a refused access to its end that lacks only its blank line', async () => {
      const event = failed('authentication_error').trimEnd();
      const body = createBody();
      const written = jest.spyOn(response, 'write');
      body.push(Buffer.from(event));
      body.end();
      expect(await send(body, new StreamTracker(anthropic, meter))).toBe('upstream_broken');
      expect(written.mock.calls.map(([bytes]) => String(bytes)).join('')).toBe(HELD.toString() + event);
    });

    it('blames the upstream although the client leaves on its words', async () => {
      const body = createBody();
      body.push(Buffer.from(failed('overloaded_error')));
      const tracker = new StreamTracker(anthropic, meter);
      jest.spyOn(response, 'write').mockImplementation(() => {
        if (tracker.failure !== null) response.emit('close');
        return true;
      });
      expect(await send(body, tracker)).toBe('upstream_broken');
    });
  });

  it.each([
    [1001, true],
    [999, false],
  ])('knows whether its client has made the upstream wait: %d ms', async (ms, expected) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    try {
      const body = createBody();
      const sent = jest.spyOn(response, 'write').mockReturnValueOnce(false);
      const end = send(body, {});
      body.fail(new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' }));
      expect(sent).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(ms);
      response.emit('drain');
      expect(await end).toBe('upstream_broken');
      expect(sut.hasKeptWaiting).toBe(expected);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('while an answer is awaited', () => {
    let write: jest.SpiedFunction<ServerResponse['write']>;

    beforeEach(() => {
      write = jest.spyOn(response, 'write');
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    });

    afterEach(() => {
      sut.endPings();
      jest.useRealTimers();
    });

    it('pings after the hold and every 15 seconds from then on, until the answer begins', () => {
      sut.pingAfter(10_000);
      jest.advanceTimersByTime(9_999);
      expect(sut.isOpen).toBe(false);
      jest.advanceTimersByTime(1);
      expect(sut.isOpen).toBe(true);
      jest.advanceTimersByTime(30_000);
      expect(write.mock.calls).toEqual([[anthropic.pingEvent], [anthropic.pingEvent], [anthropic.pingEvent]]);
      sut.endPings();
      jest.advanceTimersByTime(60_000);
      expect(write).toHaveBeenCalledTimes(3);
    });

    it('piles no pings up for a client that does not read', () => {
      sut.pingAfter(0);
      jest.advanceTimersByTime(0);
      // Nothing is sent within this turn.
      response.write(Buffer.alloc(1_000_000));
      jest.advanceTimersByTime(60_000);
      expect(write).toHaveBeenCalledTimes(2);
    });

    it('pings nobody who has left', () => {
      sut.pingAfter(1_000);
      response.emit('close');
      jest.advanceTimersByTime(60_000);
      expect(sut.isOpen).toBe(false);
      expect(sut.signal.aborted).toBe(true);
    });
  });
});
