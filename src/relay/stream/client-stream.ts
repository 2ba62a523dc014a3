import type { RelayError } from '@crs/extension-api';
import type { FastifyReply } from 'fastify';
import { AttemptTimeoutError, ClientGoneError } from '../attempt/attempt-failed.error.js';
import { Deadline } from '../attempt/deadline.js';
import type { Protocol } from '../protocols/protocol.js';
import { readChunk } from '../upstream/upstream-client.js';
import type { StreamAnswer } from './relay-answer.js';
import { EVENT_BREAK } from './stream-tracker.js';

const PING_EVERY_MS = 15_000;
/** How long a client may take to read the last words before its connection is cut. */
const LAST_WORDS_MS = 10_000;
/** A client that takes no byte for this long is gone, whatever its connection says. */
const CLIENT_STALL_MS = 300_000;

export type StreamEnd = 'completed' | 'client_gone' | 'upstream_broken';

export interface StreamOrder {
  readonly idleMs: number;
  /** What is to be told when the upstream breaks behind the commit point. */
  readonly brokenError: RelayError;
  /** Called once, before the bytes leave with which the client believes the answer to be whole. */
  readonly beforeFinal: () => Promise<void>;
}

/** The connection to the client: the only place that writes to it. From its first byte on it also owns the errors. */
export class ClientStream {
  private readonly gone = new AbortController();
  private firstPing: NodeJS.Timeout | null = null;
  private pings: NodeJS.Timeout | null = null;
  private opened = false;

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
    return this.opened;
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

  /** An answer that came whole. */
  sendWhole(status: number, headers: Readonly<Record<string, string>>, body: Buffer): void {
    this.stopPings();
    if (this.signal.aborted) return;
    this.open(status, { ...headers, 'content-length': String(body.length) });
    this.reply.raw.end(body);
  }

  /** An error of the gateway itself, for a stream that has begun: the protocol's own event and a cut connection. */
  sendError(error: RelayError): void {
    this.stopPings();
    this.cutWith(this.protocol.errorEvent(error, this.requestId));
  }

  /** Nothing was sent and someone else answers. */
  release(): void {
    this.stopPings();
    this.reply.raw.off('close', this.onClose);
  }

  /** The client has gone: nothing is left to say. */
  abandon(): void {
    this.stopPings();
    if (!this.opened) this.reply.hijack();
    this.reply.raw.destroy();
  }

  /**
   * The stream from its commit point to its end: the bytes as they come, at the pace of the client. A stream that the
   * upstream does not bring to its end is never ended cleanly.
   */
  async sendStream(answer: StreamAnswer, order: StreamOrder): Promise<StreamEnd> {
    this.stopPings();
    const { rest, tracker } = answer;
    const idle = new Deadline(order.idleMs, () => {
      rest.body.abort(new AttemptTimeoutError('idle'));
    });
    const abortUpstream = (): void => {
      rest.body.abort(new ClientGoneError());
    };
    this.signal.addEventListener('abort', abortUpstream, { once: true });
    const write = new FinalGate(tracker, order.beforeFinal, (bytes) => this.write(bytes));
    try {
      if (this.signal.aborted) throw new ClientGoneError();
      this.open(answer.status, answer.headers);
      await write.pass(answer.held);
      for (;;) {
        idle.refresh();
        const chunk = await readChunk(rest);
        if (chunk === null) break;
        tracker.observe(chunk);
        await write.pass(chunk);
      }
      tracker.end();
    } catch (error) {
      if (this.signal.aborted || error instanceof ClientGoneError) return this.leave(answer);
    } finally {
      idle.stop();
      this.signal.removeEventListener('abort', abortUpstream);
    }
    return this.finish(answer, order, write);
  }

  private async finish({ tracker }: StreamAnswer, order: StreamOrder, write: FinalGate): Promise<StreamEnd> {
    if (tracker.isWhole) {
      await write.settle();
      this.reply.raw.end(tracker.needsBreak ? EVENT_BREAK : undefined);
      return 'completed';
    }
    await order.beforeFinal();
    const told = tracker.hasFailed ? Buffer.alloc(0) : this.protocol.errorEvent(order.brokenError, this.requestId);
    this.cutWith(tracker.needsBreak ? Buffer.concat([EVENT_BREAK, told]) : told);
    return 'upstream_broken';
  }

  private leave({ rest, tracker }: StreamAnswer): StreamEnd {
    rest.body.abort(new ClientGoneError());
    this.abandon();
    return tracker.isWhole ? 'completed' : 'client_gone';
  }

  private readonly onClose = (): void => {
    this.stopPings();
    if (!this.reply.raw.writableFinished) this.gone.abort(new ClientGoneError());
  };

  /** Takes the reply out of the framework's hands and sends the head; later calls do nothing. */
  private open(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.opened) return;
    this.opened = true;
    this.reply.hijack();
    const isStream = headers['content-type']?.includes('text/event-stream') === true;
    const pacing = isStream ? { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } : {};
    for (const [name, value] of Object.entries({ ...this.reply.getHeaders(), ...headers, ...pacing })) {
      if (value !== undefined) this.reply.raw.setHeader(name, value);
    }
    this.reply.raw.writeHead(status);
  }

  private ping(): void {
    // A client that does not read needs no sign of life.
    if (!this.reply.raw.writableNeedDrain) this.reply.raw.write(this.protocol.pingEvent);
  }

  private stopPings(): void {
    if (this.firstPing !== null) clearTimeout(this.firstPing);
    if (this.pings !== null) clearInterval(this.pings);
    this.firstPing = null;
    this.pings = null;
  }

  /** Resolves when the client can take more. */
  private async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.reply.raw.write(bytes)) return;
    const { raw } = this.reply;
    await new Promise<void>((resolve, reject) => {
      const stalled = new Deadline(CLIENT_STALL_MS, () => {
        settle();
      });
      const settle = (): void => {
        stalled.stop();
        raw.off('drain', settle);
        this.signal.removeEventListener('abort', settle);
        if (raw.writableNeedDrain || this.signal.aborted) reject(new ClientGoneError());
        else resolve();
      };
      raw.once('drain', settle);
      this.signal.addEventListener('abort', settle, { once: true });
      if (this.signal.aborted) settle();
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

/** Lets bytes through, and has the answer booked once before those that make it whole. */
class FinalGate {
  private settled = false;

  constructor(
    private readonly tracker: { readonly isWhole: boolean },
    private readonly beforeFinal: () => Promise<void>,
    private readonly write: (bytes: Buffer) => Promise<void>,
  ) {}

  async pass(bytes: Buffer): Promise<void> {
    if (this.tracker.isWhole) await this.settle();
    await this.write(bytes);
  }

  async settle(): Promise<void> {
    if (this.settled) return;
    this.settled = true;
    await this.beforeFinal();
  }
}
