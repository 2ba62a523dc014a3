import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RelayError } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError } from '../attempt/attempt-failed.error.js';
import { anthropic } from '../protocols/anthropic.js';
import { ClientStream, type StreamEnd } from './client-stream.js';
import type { StreamAnswer } from './relay-answer.js';
import type { StreamTracker } from './stream-tracker.js';

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
    const answer = { kind: 'stream', status: 200, headers: {}, held: HELD, rest, tracker } as unknown as StreamAnswer;
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
});
