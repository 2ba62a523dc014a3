import type { RelayError } from '@crs/extension-api';
import type { FastifyReply } from 'fastify';
import {
  AttemptFailedError,
  AttemptTimeoutError,
  ClientGoneError,
  StoppingError,
  type UpstreamAnswer,
} from '../attempt/attempt-failed.error.js';
import { Deadline, SilenceWatch } from '../attempt/timers.js';
import type { Protocol } from '../protocols/protocol.js';
import { readChunk } from '../upstream/upstream-client.js';
import type { StreamAnswer } from './relay-answer.js';
import { EVENT_BREAK } from './stream-tracker.js';

const PING_EVERY_MS = 15_000;
/** How long a client may take to read the last words before its connection is cut. */
const LAST_WORDS_MS = 3000;
/** A client that takes no byte for this long is gone, whatever its connection says. */
const CLIENT_STALL_MS = 300_000;
/** Who is made to wait for so long by its reader may give up the stream. */
const SLOW_CLIENT_MS = 1000;
/** How long an upstream may take to end an answer whose last event has come. */
const AFTER_FINAL_MS = 1000;

export type StreamEnd = 'completed' | 'client_gone' | 'upstream_broken' | 'stopped';

export interface StreamOrder {
  /** Aborted when the process cannot wait for the answer any longer. */
  readonly stopping: AbortSignal;
  readonly idleMs: number;
  /** What is to be told when the stream does not come to its end. */
  readonly errorFor: (end: 'upstream_broken' | 'stopped') => RelayError;
  /** Called before the bytes leave with which the client believes the answer to be whole, or learns that it is not. */
  readonly beforeFinal: (end: StreamEnd) => Promise<void>;
}

/** The connection to the client: the only place that writes to it. From its first byte on it also owns the errors. */
export class ClientStream {
  private readonly gone = new AbortController();
  private firstPing: NodeJS.Timeout | null = null;
  private pings: NodeJS.Timeout | null = null;
  private sentStatus: number | null = null;
  private keptWaiting = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly protocol: Protocol,
    private readonly requestId: string,
  ) {
    reply.raw.once('close', this.onClose);
    if (reply.raw.destroyed) this.onClose();
  }

  /** Aborted with a `ClientGoneError` when the client closes before its answer is whole. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Bytes have left; errors can only be told as events now. */
  get isOpen(): boolean {
    return this.sentStatus !== null;
  }

  /** The status that was sent; null = no byte has left. */
  get status(): number | null {
    return this.sentStatus;
  }

  /**
   * The client has made the upstream wait for it, some time in this stream: where the stream breaks off without a word,
   * nobody knows whose fault it is. What the sockets held meanwhile may hide the break for any time.
   */
  get hasKeptWaiting(): boolean {
    return this.keptWaiting;
  }

  /** After a while without content the client gets the head and pings, so that it goes on waiting. Commits nothing. */
  pingAfter(holdMs: number): void {
    this.firstPing = setTimeout(() => {
      this.open(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      this.ping();
      this.pings = setInterval(() => {
        this.ping();
      }, PING_EVERY_MS);
    }, holdMs);
  }

  /** The hold is over: what comes next is the answer. */
  endPings(): void {
    if (this.firstPing !== null) clearTimeout(this.firstPing);
    if (this.pings !== null) clearInterval(this.pings);
    this.firstPing = null;
    this.pings = null;
  }

  /** An answer that came whole. Where a stream of pings has begun, it can only be told as an error event, if it is none. */
  sendWhole({ status, headers, body }: UpstreamAnswer): void {
    if (this.signal.aborted) return;
    if (this.isOpen) {
      this.cutWith(isStream(headers) ? body : this.protocol.refusalEvent(body, this.requestId));
      return;
    }
    this.open(status, { ...headers, 'content-length': String(body.length) });
    this.reply.raw.end(body);
  }

  /** The gateway's own answer, in the form that was asked for: a stream of pings simply goes on with it. */
  sendOwn(answer: UpstreamAnswer): void {
    if (this.isOpen) this.reply.raw.end(answer.body);
    else this.sendWhole(answer);
  }

  /** An error of the gateway itself, for a stream that has begun: the protocol's own event and a cut connection. */
  sendError(error: RelayError): void {
    this.cutWith(this.protocol.errorEvent(error, this.requestId));
  }

  /** Nothing was sent and someone else answers. */
  release(): void {
    this.reply.raw.off('close', this.onClose);
  }

  /** The client has gone: nothing is left to say. */
  abandon(): void {
    if (!this.isOpen) this.reply.hijack();
    this.reply.raw.destroy();
  }

  /**
   * The stream from its commit point to its end: the bytes as they come, at the pace of the client. A stream that the
   * upstream does not bring to its end is never ended cleanly.
   */
  async sendStream(answer: StreamAnswer, order: StreamOrder): Promise<StreamEnd> {
    const { rest } = answer;
    const abortUpstream = (): void => {
      rest.body.abort(new ClientGoneError());
    };
    const stopUpstream = (): void => {
      rest.body.abort(new StoppingError());
    };
    this.signal.addEventListener('abort', abortUpstream, { once: true });
    order.stopping.addEventListener('abort', stopUpstream, { once: true });
    try {
      return await this.finish(answer, order, await this.pump(answer, order));
    } finally {
      this.signal.removeEventListener('abort', abortUpstream);
      order.stopping.removeEventListener('abort', stopUpstream);
      // What is left of the exchange is of no use to anybody; where it has ended by itself, nothing happens.
      rest.body.abort(new ClientGoneError());
    }
  }

  /** Passes everything on. Answers what broke it off, or null where the upstream has ended it. */
  private async pump({ status, headers, held, rest, tracker }: StreamAnswer, order: StreamOrder): Promise<unknown> {
    const silence = new SilenceWatch(order.idleMs, () => {
      rest.body.abort(new AttemptTimeoutError('idle'));
    });
    let grace: Deadline | null = null;
    try {
      if (this.signal.aborted) throw new ClientGoneError();
      this.open(status, headers);
      for (let chunk: Buffer | null = held; chunk !== null; chunk = await silence.during(() => readChunk(rest))) {
        if (chunk !== held) tracker.observe(chunk);
        if (tracker.failure !== null) {
          // Nothing that may follow counts, and the upstream may never end what it has given up.
          rest.body.abort(new ClientGoneError());
          await order.beforeFinal('upstream_broken');
          await this.write(chunk === held ? chunk : tracker.passable(chunk), order.stopping);
          return null;
        }
        if (tracker.isWhole && grace === null) {
          await order.beforeFinal('completed');
          grace = new Deadline(AFTER_FINAL_MS, () => {
            rest.body.abort(new AttemptTimeoutError('idle'));
          });
        }
        await this.write(chunk, order.stopping);
      }
      tracker.end();
      return null;
    } catch (error) {
      // Only what can break a stream; a fault of ours must not be blamed on the upstream.
      if (!isBreak(error)) throw error;
      return error;
    } finally {
      silence.stop();
      grace?.stop();
    }
  }

  private async finish({ tracker }: StreamAnswer, order: StreamOrder, fault: unknown): Promise<StreamEnd> {
    if (this.signal.aborted || fault instanceof ClientGoneError) {
      this.abandon();
      // A client may leave because of what the upstream has told it.
      return tracker.isWhole ? 'completed' : tracker.failure === null ? 'client_gone' : 'upstream_broken';
    }
    if (tracker.isWhole) {
      await order.beforeFinal('completed');
      this.reply.raw.end(tracker.needsBreak ? EVENT_BREAK : undefined);
      return 'completed';
    }
    const end = fault instanceof StoppingError ? 'stopped' : 'upstream_broken';
    await order.beforeFinal(end);
    const told = tracker.hasTold ? Buffer.alloc(0) : this.protocol.errorEvent(order.errorFor(end), this.requestId);
    this.cutWith(tracker.needsBreak ? Buffer.concat([EVENT_BREAK, told]) : told);
    return end;
  }

  private readonly onClose = (): void => {
    this.endPings();
    if (!this.reply.raw.writableFinished) this.gone.abort(new ClientGoneError());
  };

  /** Takes the reply out of the framework's hands and sends the head; later calls do nothing. */
  private open(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.isOpen) return;
    this.sentStatus = status;
    this.reply.hijack();
    const pacing = isStream(headers) ? { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } : {};
    for (const [name, value] of Object.entries({ ...this.reply.getHeaders(), ...headers, ...pacing })) {
      if (value !== undefined) this.reply.raw.setHeader(name, value);
    }
    this.reply.raw.writeHead(status);
  }

  private ping(): void {
    // A client that does not read needs no sign of life.
    if (!this.reply.raw.writableNeedDrain) this.reply.raw.write(this.protocol.pingEvent);
  }

  /** Resolves when the client can take more; rejects when it is gone, or when nobody can wait for it any longer. */
  private async write(bytes: Buffer, stopping: AbortSignal): Promise<void> {
    if (bytes.length === 0 || this.reply.raw.write(bytes)) return;
    const { raw } = this.reply;
    const ended = AbortSignal.any([this.signal, stopping]);
    await new Promise<void>((resolve, reject) => {
      const slow = new Deadline(SLOW_CLIENT_MS, () => {
        this.keptWaiting = true;
      });
      const settle = (): void => {
        slow.stop();
        stalled.stop();
        raw.off('drain', settle);
        ended.removeEventListener('abort', settle);
        if (stopping.aborted && !this.signal.aborted) reject(new StoppingError());
        else if (raw.writableNeedDrain || this.signal.aborted) reject(new ClientGoneError());
        else resolve();
      };
      const stalled = new Deadline(CLIENT_STALL_MS, settle);
      raw.once('drain', settle);
      ended.addEventListener('abort', settle, { once: true });
      if (ended.aborted) settle();
    });
  }

  /** Ends the connection without ending the answer, once what was written has left. */
  private cutWith(lastWords: Buffer): void {
    const { raw } = this.reply;
    if (lastWords.length > 0) raw.write(lastWords);
    const tooSlow = new Deadline(LAST_WORDS_MS, () => {
      raw.destroy();
    });
    raw.once('close', () => {
      tooSlow.stop();
    });
    // Not `destroy`: that throws away what still waits to be sent, and the client would not learn why.
    raw.socket?.destroySoon();
  }
}

const isStream = (headers: Readonly<Record<string, string>>): boolean =>
  headers['content-type']?.includes('text/event-stream') === true;

const isBreak = (error: unknown): boolean =>
  error instanceof AttemptFailedError || error instanceof ClientGoneError || error instanceof StoppingError;
