import { type Principal, RelayError } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppConfig } from '../core/config/app-config.js';
import { OutcomeLatch } from '../core/outcome/outcome-latch.js';
import { ClientGoneError } from './attempt/attempt-failed.error.js';
import { AttemptLog, type AttemptRecord } from './attempt/attempt-log.js';
import { RetryHandler, type Served } from './attempt/retry-handler.js';
import type { Endpoint } from './endpoints.js';
import { RelayAccess } from './relay-access.js';
import { type ClosingCall, RelayClosing } from './relay-closing.js';
import { RelayRequestFactory } from './relay-request.factory.js';
import { ClientStream } from './stream/client-stream.js';
import type { StreamAnswer } from './stream/relay-answer.js';

/** Conducts one request: describe, check, let it be tried, hand the answer to the client, settle the outcome. */
@Injectable()
export class RelayService {
  constructor(
    private readonly factory: RelayRequestFactory,
    private readonly access: RelayAccess,
    private readonly retries: RetryHandler,
    private readonly closing: RelayClosing,
    private readonly attemptLog: AttemptLog,
    private readonly config: AppConfig,
  ) {}

  /** Answers through `reply`; throws `RelayError` as long as nothing was sent. */
  async relay(endpoint: Endpoint, incoming: FastifyRequest, reply: FastifyReply, principal: Principal): Promise<void> {
    const { protocol } = endpoint;
    const request = this.factory.create(incoming, endpoint);
    const platforms = this.access.platformsFor(protocol.name, request.model, principal);
    const client = new ClientStream(reply, protocol, request.id);
    const call: Call = { endpoint, request, principal, client, latch: incoming.outcome ?? new OutcomeLatch() };
    const attempts: AttemptRecord[] = [];
    if (request.stream) client.pingAfter(this.config.relay.holdMs);
    try {
      const { signal } = client;
      const served = await this.retries.run({ request, principal, platforms, signal, attempts, protocol });
      await this.send(call, served);
    } catch (error) {
      await this.fail(call, error);
    } finally {
      await this.attemptLog.write(request.id, attempts);
    }
  }

  private async send(call: Call, served: Served): Promise<void> {
    const { answer } = served;
    if (answer.kind === 'stream') {
      await this.sendStream(call, served, answer);
      return;
    }
    if (answer.kind === 'whole') await this.closing.remember(call, served);
    await this.closing.settle(call, served, answer.kind === 'whole' ? 'completed' : 'failed');
    call.client.sendWhole(answer.status, answer.headers, answer.body);
  }

  private async sendStream(call: Call, served: Served, answer: StreamAnswer): Promise<void> {
    const remembered = this.closing.remember(call, served);
    const end = await call.client.sendStream(answer, {
      idleMs: this.config.relay.idleTimeoutMs,
      brokenError: new RelayError('upstream_failed', 'The upstream broke off the answer.'),
      beforeFinal: async () => {
        await remembered;
        await this.closing.settle(call, served, answer.tracker.isWhole ? 'completed' : 'upstream_broken');
      },
    });
    if (end === 'upstream_broken') this.closing.markBroken(call, served);
    await this.closing.settle(call, served, end);
  }

  /** Nothing was served. What was not sent yet is told by the exception filter, the rest by the stream itself. */
  private async fail({ client, request, latch, endpoint }: Call, error: unknown): Promise<void> {
    const isGone = error instanceof ClientGoneError;
    await latch.settle({ end: isGone ? 'client_gone' : 'failed', report: null });
    if (isGone) {
      client.abandon();
    } else if (endpoint.name === 'count_tokens' && isEndpointMissing(error)) {
      client.sendWhole(200, { 'content-type': 'application/json' }, countLocally(request.body));
    } else if (client.isOpen) {
      client.sendError(toRelayError(error));
    } else {
      client.release();
      throw error;
    }
  }
}

/** Everything that belongs to one call while it runs. */
interface Call extends ClosingCall {
  readonly client: ClientStream;
}

const isEndpointMissing = (error: unknown): boolean => error instanceof RelayError && error.code === 'endpoint_missing';

/** Where no upstream counts tokens: four bytes of the request are about one token, rounded up. */
function countLocally(body: Buffer): Buffer {
  return Buffer.from(JSON.stringify({ input_tokens: Math.ceil(body.length / 4) }));
}

function toRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  return new RelayError('internal', 'The gateway has failed. Its log has the details.', { cause: error });
}
