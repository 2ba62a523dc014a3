import type { Principal } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppConfig } from '../core/config/app-config.js';
import { ClientGoneError, StoppingError } from './attempt/attempt-failed.error.js';
import { RetryHandler, type Served } from './attempt/retry-handler.js';
import type { RetryJob } from './attempt/retry-job.js';
import type { Endpoint } from './endpoint.js';
import { OpenRelays } from './open-relays.js';
import { type Admitted, type Arrival, RelayAdmission } from './relay-admission.js';
import { type ClosingCall, RelayClosing } from './relay-closing.js';
import { BROKEN_OFF, isEndpointMissing, isForeseen, STOPPING, toRelayError } from './relay-errors.js';
import { RelayRequestFactory } from './relay-request.factory.js';
import { newEnding } from './requests/request-entry.js';
import { ClientStream } from './stream/client-stream.js';
import type { StreamAnswer } from './stream/relay-answer.js';

/** Everything that belongs to one call while it runs. */
interface Call extends ClosingCall {
  readonly client: ClientStream;
  /** Aborted when the process cannot wait for the answer any longer. */
  readonly stopping: AbortSignal;
}

/** Conducts one request: describe, admit, let it be tried, hand the answer to the client, settle the outcome. */
@Injectable()
export class RelayService {
  private readonly logger = new Logger(RelayService.name);

  constructor(
    private readonly factory: RelayRequestFactory,
    private readonly admission: RelayAdmission,
    private readonly retries: RetryHandler,
    private readonly closing: RelayClosing,
    private readonly openRelays: OpenRelays,
    private readonly config: AppConfig,
  ) {}

  /** Answers through `reply`; throws `RelayError` as long as nothing was sent. */
  async relay(endpoint: Endpoint, incoming: FastifyRequest, reply: FastifyReply, principal: Principal): Promise<void> {
    const { outcome: latch } = incoming;
    if (latch === null) throw new Error('The usage interceptor is missing on a relay route: nothing would be booked');
    const request = this.factory.create(incoming, endpoint, principal);
    const client = new ClientStream(reply, endpoint.protocol, request.id);
    await this.openRelays.run(async (stopping) => {
      const signal = AbortSignal.any([client.signal, stopping]);
      const admitted = await this.admit({ endpoint, request, principal, signal }, client);
      if (admitted === null) return;
      const { platforms, admission } = admitted;
      const job: RetryJob = {
        request,
        principal,
        platforms,
        endpoint,
        signal,
        attempts: [],
        waste: [],
        admission,
        spending: null,
        slot: null,
      };
      await this.conduct({ endpoint, job, client, latch, stopping, ending: newEnding() });
    });
  }

  /** Nothing is sent before a request is let in. Null: the client has gone meanwhile. */
  private async admit(arrival: Arrival, client: ClientStream): Promise<Admitted | null> {
    try {
      return await this.admission.admit(arrival);
    } catch (error) {
      if (error instanceof ClientGoneError) {
        client.abandon();
        return null;
      }
      client.release();
      throw error instanceof StoppingError ? STOPPING : error;
    }
  }

  private async conduct(call: Call): Promise<void> {
    const { client, job } = call;
    if (job.request.stream) client.pingAfter(this.config.relay.holdMs);
    try {
      const served = await this.retries.run(job);
      client.endPings();
      call.ending.served = served;
      await this.send(call, served);
    } catch (error) {
      client.endPings();
      await this.fail(call, error);
    } finally {
      await this.closing.end(call);
    }
  }

  private async send(call: Call, served: Served): Promise<void> {
    const { answer } = served;
    if (answer.kind === 'stream') {
      await this.sendStream(call, served, answer);
      return;
    }
    if (answer.kind === 'whole') await this.closing.remember(call, served);
    await this.closing.settle(call, answer.kind === 'refusal' ? 'failed' : 'completed');
    if (answer.kind === 'local') call.client.sendOwn(answer);
    else call.client.sendWhole(answer);
  }

  private async sendStream(call: Call, served: Served, answer: StreamAnswer): Promise<void> {
    const remembered = this.closing.remember(call, served);
    const end = await call.client.sendStream(answer, {
      stopping: call.stopping,
      idleMs: this.config.relay.idleTimeoutMs,
      errorFor: (ending) => (ending === 'stopped' ? STOPPING : BROKEN_OFF),
      beforeFinal: async (ending) => {
        await remembered;
        await this.closing.settle(call, ending);
      },
    });
    if (end === 'upstream_broken') this.closing.noteBroken(call, served, answer.tracker);
    await this.closing.settle(call, end);
  }

  /** Nothing was served. What was not sent yet is told by the exception filter, the rest by the stream itself. */
  private async fail(call: Call, error: unknown): Promise<void> {
    const { client, endpoint, job } = call;
    call.ending.error = error;
    const local = isEndpointMissing(error) ? endpoint.answerLocally : null;
    const isGone = error instanceof ClientGoneError;
    await this.closing.settle(call, isGone ? 'client_gone' : local !== null ? 'completed' : 'failed');
    if (isGone) {
      client.abandon();
    } else if (local !== null) {
      client.sendWhole(local(job.request));
    } else if (client.isOpen) {
      // Behind the head no filter sees the error: what nobody foresaw is logged here.
      if (!isForeseen(error)) this.logger.error({ msg: 'A stream has failed', requestId: job.request.id, err: error });
      client.sendError(toRelayError(error));
    } else {
      client.release();
      throw error instanceof StoppingError ? STOPPING : error;
    }
  }
}
