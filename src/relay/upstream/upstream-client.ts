import type { AccountProxy, UpstreamRequest } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { EgressError } from '../../core/egress/egress-error.js';
import { HttpExchange, type IncomingResponse } from '../../core/egress/http-exchange.js';
import { AttemptFailedError, AttemptTimeoutError, ClientGoneError } from '../attempt/attempt-failed.error.js';
import { Deadline } from '../attempt/deadline.js';

/** Texts of upstreams are judged by their beginning. */
const JUDGED_TEXT_BYTES = 16 * 1024;

export interface ExchangeLimits {
  /** Ends the exchange at any point: the client has gone, or the time of the whole request is up. */
  readonly signal: AbortSignal;
  /** How long the head may take; null = as long as the signal allows. */
  readonly headMs: number | null;
}

/** One exchange with one account: sends, waits for the head, and turns what breaks into attempt failures. */
@Injectable()
export class UpstreamClient {
  constructor(private readonly exchange: HttpExchange) {}

  /** Throws `AttemptFailedError` or `ClientGoneError`; so do the readers below for what breaks after the head. */
  async open(request: UpstreamRequest, proxy: AccountProxy | null, limits: ExchangeLimits): Promise<IncomingResponse> {
    const slowHead = new AbortController();
    const deadline =
      limits.headMs === null
        ? null
        : new Deadline(limits.headMs, () => {
            slowHead.abort(new AttemptTimeoutError('first_byte'));
          });
    try {
      const signal = deadline === null ? limits.signal : AbortSignal.any([limits.signal, slowHead.signal]);
      return await this.exchange.send({ ...request, proxy, signal });
    } catch (error) {
      throw toAttemptError(error);
    } finally {
      deadline?.stop();
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

/**
 * The whole body. Throws `AttemptFailedError` when it breaks, falls silent for `idleMs` or is longer than `maxBytes`.
 */
export async function readWhole(response: IncomingResponse, maxBytes: number, idleMs: number | null): Promise<Buffer> {
  const idle =
    idleMs === null
      ? null
      : new Deadline(idleMs, () => {
          response.body.abort(new AttemptTimeoutError('idle'));
        });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await readChunk(response);
      if (chunk === null)
        return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
      idle?.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) {
        response.body.abort(new EgressError('aborted', 'The answer is too large'));
        throw new AttemptFailedError({ kind: 'malformed', reason: 'too_large', text: '' });
      }
      chunks.push(chunk);
    }
  } finally {
    idle?.stop();
  }
}

/** The beginning of a body as text, for judging. */
export function judgedText(body: Buffer): string {
  return body.subarray(0, JUDGED_TEXT_BYTES).toString('utf8');
}

/** What broke, in the words of attempts; what is none of an exchange's errors stays as it is. */
function toAttemptError(error: unknown): unknown {
  const reason = error instanceof EgressError && error.fault === 'aborted' ? error.cause : error;
  if (reason instanceof AttemptTimeoutError) return new AttemptFailedError({ kind: 'timeout', reason: reason.reason });
  if (reason instanceof ClientGoneError) return reason;
  if (error instanceof EgressError && error.fault !== 'aborted') {
    return new AttemptFailedError({ kind: 'transport', reason: error.fault, detail: error.message });
  }
  return error;
}
