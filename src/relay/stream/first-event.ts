import { encodeSse, type SseEvent } from '@crs/sse';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import { AttemptFailedError, AttemptTimeoutError } from '../attempt/attempt-failed.error.js';
import { SilenceWatch } from '../attempt/timers.js';
import { judgedText, readChunk } from '../upstream/upstream-client.js';
import type { Protocol } from '../protocols/protocol.js';
import type { StreamTracker, TrackedEvent } from './stream-tracker.js';

const MAX_HELD_EVENTS = 64;
const MAX_HELD_BYTES = 1024 * 1024;

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

export interface HoldOptions {
  readonly protocol: Protocol;
  readonly idleMs: number;
}

/**
 * Holds a stream back until its first real content and gives the held bytes: from there on the answer belongs to the
 * client and no other account can take over. Pings are dropped from what was held. Throws `AttemptFailedError` when the
 * stream fails before; the hold is bounded in events and bytes, and what goes beyond commits.
 */
export async function holdUntilContent(
  response: IncomingResponse,
  tracker: StreamTracker,
  options: HoldOptions,
): Promise<Buffer> {
  const silence = new SilenceWatch(options.idleMs, () => {
    response.body.abort(new AttemptTimeoutError('idle'));
  });
  const held = new HeldStream(options.protocol);
  try {
    for (;;) {
      const chunk = await silence.during(() => readChunk(response));
      if (chunk === null) held.addEvents(tracker.end());
      else held.addChunk(chunk, tracker.observe(chunk), tracker.pending);
      if (held.isCommitted) return held.release(tracker);
      if (chunk === null) throw held.toEndedEarly();
    }
  } catch (error) {
    response.body.abort(error instanceof Error ? error : new Error('The hold has failed'));
    throw error;
  } finally {
    silence.stop();
  }
}

class HeldStream {
  isCommitted = false;
  /** Whole events, as they go to the client. */
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  /** What came behind the last event. */
  private rest: Buffer[] = [];
  private restBytes = 0;
  /** Where `rest` begins, in bytes of the stream. */
  private restStart = 0;
  private events = 0;

  constructor(private readonly protocol: Protocol) {}

  /** @param pending as of the tracker */
  addChunk(chunk: Buffer, events: readonly TrackedEvent[], pending: number): void {
    this.rest.push(chunk);
    this.restBytes += chunk.length;
    this.addEvents(events);
    if (this.isTooLarge()) this.dropComments(pending);
    this.isCommitted ||= this.isTooLarge();
  }

  addEvents(events: readonly TrackedEvent[]): void {
    for (const { kind, event } of events) {
      if (kind === 'error') throw this.toErrorEvent(event);
      if (kind !== 'ping') this.events += 1;
      this.isCommitted = kind === 'content' || kind === 'final' || this.events > MAX_HELD_EVENTS;
      const bytes = this.take(event.end);
      if (kind !== 'ping') this.keep(bytes);
      // What follows is the client's, as it is.
      if (this.isCommitted) return;
    }
  }

  release(tracker: StreamTracker): Buffer {
    return joined([...this.kept, tracker.passable(joined(this.rest))]);
  }

  private isTooLarge(): boolean {
    return this.keptBytes + this.restBytes > MAX_HELD_BYTES;
  }

  private keep(bytes: Buffer): void {
    this.kept.push(bytes);
    this.keptBytes += bytes.length;
  }

  /** Takes the rest up to this place of the stream. */
  private take(end: number): Buffer {
    const rest = joined(this.rest);
    const taken = rest.subarray(0, end - this.restStart);
    this.setRest(rest.subarray(taken.length), end);
    return taken;
  }

  /** Signs of life are no content, however many there are. */
  private dropComments(pending: number): void {
    const rest = joined(this.rest);
    const dropped = rest.length - pending;
    if (dropped > 0) this.setRest(Buffer.from(rest.subarray(dropped)), this.restStart + dropped);
  }

  private setRest(rest: Buffer, start: number): void {
    this.rest = [rest];
    this.restBytes = rest.length;
    this.restStart = start;
  }

  toEndedEarly(): AttemptFailedError {
    if (this.events > 0) {
      return new AttemptFailedError({
        kind: 'transport',
        reason: 'reset',
        detail: 'The stream ended before any content',
      });
    }
    const text = judgedText(joined(this.rest));
    return new AttemptFailedError({ kind: 'malformed', reason: text.trim() === '' ? 'empty' : 'not_sse', text });
  }

  private toErrorEvent({ event, data }: SseEvent): AttemptFailedError {
    const error = this.protocol.readError({ event, data });
    return new AttemptFailedError(
      { kind: 'error_event', errorType: error.type, message: error.message, text: judgedText(Buffer.from(data)) },
      this.protocol.refusesInStream ? { status: 200, headers: STREAM, body: encodeSse({ event, data }) } : null,
    );
  }
}

const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
