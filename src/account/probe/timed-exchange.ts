import { EgressError } from '../../core/egress/egress-error.js';
import type { HttpExchange, IncomingResponse, OutgoingRequest } from '../../core/egress/http-exchange.js';
import type { Clock } from '../../core/time/clock.js';
import { TestEndedError } from './test-ending.js';

/** How long a test may take, in ms. */
export interface TestLimits {
  readonly totalMs: number;
  /** For the head of the answer, and for each piece of it. */
  readonly idleMs: number;
}

/** A kept-alive connection that the upstream has closed meanwhile breaks at once, which says nothing about it. */
const STALE_BREAK_MS = 1000;
/** An error is worth no longer wait: its status says nearly everything. */
const ERROR_TEXT_IDLE_MS = 5000;
const ERROR_TEXT_BYTES = 16 * 1024;
/** How long an upstream may take to end an answer whose last event has come. */
const AFTER_END_MS = 1000;

/**
 * One exchange with an upstream of which every wait is bounded. What is ended from this side throws its
 * `TestEndedError`, what breaks by itself an `EgressError`.
 */
export class TimedExchange {
  private readonly ending = new AbortController();
  private readonly signal: AbortSignal;
  private readonly total: NodeJS.Timeout;
  private response: IncomingResponse | null = null;

  /** @param stop aborted with a `TestEndedError` when nobody waits any longer */
  constructor(
    private readonly exchange: HttpExchange,
    private readonly clock: Clock,
    private readonly limits: TestLimits,
    stop: AbortSignal,
  ) {
    this.signal = AbortSignal.any([stop, this.ending.signal]);
    this.total = setTimeout(() => {
      this.ending.abort(new TestEndedError('total'));
    }, limits.totalMs);
  }

  /** The head of the answer. */
  async open(request: Omit<OutgoingRequest, 'signal'>): Promise<IncomingResponse> {
    const send = (): Promise<IncomingResponse> =>
      this.within(this.limits.idleMs, 'head', this.exchange.send({ ...request, signal: this.signal }));
    const startedAt = this.clock.now();
    try {
      this.response = await send();
    } catch (error) {
      const isReset = error instanceof EgressError && error.fault === 'reset';
      if (!isReset || this.clock.now() - startedAt >= STALE_BREAK_MS) throw error;
      this.response = await send();
    }
    return this.response;
  }

  /** The next piece of the body; null at its end. */
  read(): Promise<Buffer | null> {
    return this.readWithin(this.limits.idleMs);
  }

  /** Lets the upstream end an answer of which nothing more is expected, so that it does not see a client that broke off. */
  async finish(): Promise<void> {
    await this.readWithin(AFTER_END_MS).catch(ignoreBreak);
  }

  /** The beginning of the body as text, as far as it comes. */
  async readText(): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      while (bytes < ERROR_TEXT_BYTES) {
        const chunk = await this.readWithin(Math.min(ERROR_TEXT_IDLE_MS, this.limits.idleMs));
        if (chunk === null) break;
        chunks.push(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      ignoreBreak(error);
    }
    return Buffer.concat(chunks).toString('utf8', 0, ERROR_TEXT_BYTES);
  }

  /** Ends the exchange wherever it is. Safe to call twice. */
  stop(): void {
    clearTimeout(this.total);
    this.ending.abort(new TestEndedError('gone'));
  }

  private readWithin(ms: number): Promise<Buffer | null> {
    if (this.response === null) return Promise.resolve(null);
    return this.within(ms, 'idle', this.response.body.read());
  }

  private async within<T>(ms: number, why: TestEndedError['why'], wait: Promise<T>): Promise<T> {
    const late = setTimeout(() => {
      this.ending.abort(new TestEndedError(why));
    }, ms);
    try {
      return await wait;
    } catch (error) {
      throw error instanceof EgressError && error.cause instanceof TestEndedError ? error.cause : error;
    } finally {
      clearTimeout(late);
    }
  }
}

function ignoreBreak(error: unknown): void {
  if (!(error instanceof EgressError) && !(error instanceof TestEndedError)) throw error;
}
