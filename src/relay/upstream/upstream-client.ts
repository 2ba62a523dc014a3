import type { AccountProxy, UpstreamRequest } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { EgressError } from '../../core/egress/egress-error.js';
import { HttpExchange, type IncomingResponse } from '../../core/egress/http-exchange.js';
import { Clock } from '../../core/time/clock.js';
import {
  AttemptFailedError,
  AttemptTimeoutError,
  ClientGoneError,
  StoppingError,
} from '../attempt/attempt-failed.error.js';
import { Deadline } from '../attempt/timers.js';

/** Texts of upstreams are judged by their beginning. */
export const JUDGED_TEXT_BYTES = 16 * 1024;

/**
 * A kept-alive connection that the upstream has closed meanwhile breaks at once. A later break may have been paid for
 * and is not tried again here.
 */
const STALE_BREAK_MS = 1000;

export interface ExchangeLimits {
  /** Ends the exchange at any point: the client has gone, or the time of the whole request is up. */
  readonly signal: AbortSignal;
  /** How long the head may take; null = as long as the signal allows. */
  readonly headMs: number | null;
}

/** One exchange with one account: sends, waits for the head, and turns what breaks into attempt failures. */
@Injectable()
export class UpstreamClient {
  constructor(
    private readonly exchange: HttpExchange,
    private readonly clock: Clock,
  ) {}

  /**
   * The head of the answer. A connection that breaks before it at once is tried once more: it was a stale one. Throws
   * `AttemptFailedError`, or the reason for which the signal was aborted; so do the readers below.
   */
  async open(request: UpstreamRequest, proxy: AccountProxy | null, limits: ExchangeLimits): Promise<IncomingResponse> {
    const startedAt = this.clock.now();
    try {
      return await this.send(request, proxy, limits);
    } catch (error) {
      const isStale =
        error instanceof EgressError && error.fault === 'reset' && this.clock.now() - startedAt < STALE_BREAK_MS;
      if (!isStale) throw toAttemptError(error);
    }
    return this.send(request, proxy, limits).catch((error: unknown) => {
      throw toAttemptError(error);
    });
  }

  private async send(
    request: UpstreamRequest,
    proxy: AccountProxy | null,
    limits: ExchangeLimits,
  ): Promise<IncomingResponse> {
    if (limits.headMs === null) return this.exchange.send({ ...request, proxy, signal: limits.signal });
    const slowHead = new AbortController();
    const deadline = new Deadline(limits.headMs, () => {
      slowHead.abort(new AttemptTimeoutError('first_byte'));
    });
    try {
      return await this.exchange.send({ ...request, proxy, signal: AbortSignal.any([limits.signal, slowHead.signal]) });
    } finally {
      deadline.stop();
    }
  }
}

/** The next chunk of a body, in the words of attempts. */
export async function readChunk(response: IncomingResponse): Promise<Buffer | null> {
  try {
    return await response.body.read();
  } catch (error) {
    throw toAttemptError(error);
  }
}

/** The whole body. Throws `AttemptFailedError` when it breaks or is longer than `maxBytes`. */
export async function readWhole(response: IncomingResponse, maxBytes: number): Promise<Buffer> {
  const { body, broken } = await readAsFarAs(response, maxBytes, null);
  if (broken !== null) throw broken;
  return body;
}

/**
 * The body as far as it came: `broken` says why it did not come whole. Gives up after `totalMs` (null = the request's own
 * time bounds it), and with the chunk that goes beyond `maxBytes`.
 */
export async function readAsFarAs(
  response: IncomingResponse,
  maxBytes: number,
  totalMs: number | null,
): Promise<{ readonly body: Buffer; readonly broken: Error | null }> {
  const deadline =
    totalMs === null
      ? null
      : new Deadline(totalMs, () => {
          response.body.abort(new AttemptTimeoutError('idle'));
        });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await readChunk(response);
      if (chunk === null) return { body: joined(chunks), broken: null };
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) throw new AttemptFailedError({ kind: 'malformed', reason: 'too_large', text: '' });
    }
  } catch (error) {
    if (!(error instanceof AttemptFailedError)) throw error;
    response.body.abort(error);
    return { body: joined(chunks), broken: error };
  } finally {
    deadline?.stop();
  }
}

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);

/** The beginning of a body as text, for judging. */
export function judgedText(body: Buffer): string {
  return body.subarray(0, JUDGED_TEXT_BYTES).toString('utf8');
}

/** What broke, in the words of attempts; what is none of an exchange's errors stays as it is. */
function toAttemptError(error: unknown): unknown {
  const reason = error instanceof EgressError && error.fault === 'aborted' ? error.cause : error;
  if (reason instanceof AttemptTimeoutError) {
    const wasQueued = error instanceof EgressError && error.wasQueued;
    return new AttemptFailedError({ kind: 'timeout', reason: reason.reason }, null, wasQueued);
  }
  if (reason instanceof ClientGoneError || reason instanceof StoppingError) return reason;
  if (error instanceof EgressError && error.fault !== 'aborted') {
    return new AttemptFailedError({ kind: 'transport', reason: error.fault, detail: error.message });
  }
  return error;
}
