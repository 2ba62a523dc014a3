import { findPath } from '@crs/json-scan';
import type { SseEvent } from '@crs/sse';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import { AttemptFailedError, AttemptTimeoutError } from '../attempt/attempt-failed.error.js';
import { SilenceWatch } from '../attempt/timers.js';
import { judgedText, readChunk } from '../upstream/upstream-client.js';
import type { Protocol } from '../protocols/protocol.js';
import type { StreamTracker, TrackedEvent } from './stream-tracker.js';

const MAX_HELD_EVENTS = 64;
const MAX_HELD_BYTES = 1024 * 1024;

export interface HoldOptions {
  readonly protocol: Protocol;
  readonly idleMs: number;
  /** The name under which the client asked, where the upstream knows the model by another one. */
  readonly modelForClient: string | null;
}

/** A replacement of held bytes: `[start, end)` become `bytes`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
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
  const held = new HeldStream(options);
  try {
    for (;;) {
      const chunk = await silence.during(() => readChunk(response));
      if (chunk === null) held.addEvents(tracker.end());
      else held.addChunk(chunk, tracker.observe(chunk));
      if (held.isCommitted) return held.release();
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
  private readonly chunks: Buffer[] = [];
  private readonly edits: Edit[] = [];
  private bytes = 0;
  private events = 0;

  constructor(private readonly options: HoldOptions) {}

  addChunk(chunk: Buffer, events: readonly TrackedEvent[]): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.addEvents(events);
    this.isCommitted ||= this.bytes > MAX_HELD_BYTES;
  }

  addEvents(events: readonly TrackedEvent[]): void {
    for (const { kind, event } of events) {
      if (kind === 'ping') {
        if (!this.isCommitted) this.edits.push({ start: event.start, end: event.end, bytes: Buffer.alloc(0) });
        continue;
      }
      if (kind === 'error' && !this.isCommitted)
        throw this.toErrorEvent(event.data, this.options.protocol.readError(event));
      this.events += 1;
      if (kind === 'opening') this.renameModel(event);
      this.isCommitted ||= kind === 'content' || kind === 'final' || this.events > MAX_HELD_EVENTS;
    }
  }

  release(): Buffer {
    const all = this.chunks.length === 1 && this.chunks[0] !== undefined ? this.chunks[0] : Buffer.concat(this.chunks);
    if (this.edits.length === 0) return all;
    const parts: Buffer[] = [];
    let at = 0;
    for (const edit of this.edits) {
      parts.push(all.subarray(at, edit.start), edit.bytes);
      at = edit.end;
    }
    parts.push(all.subarray(at));
    return Buffer.concat(parts);
  }

  toEndedEarly(): AttemptFailedError {
    if (this.events > 0) {
      return new AttemptFailedError({
        kind: 'transport',
        reason: 'reset',
        detail: 'The stream ended before any content',
      });
    }
    const text = judgedText(Buffer.concat(this.chunks));
    return new AttemptFailedError({ kind: 'malformed', reason: text.trim() === '' ? 'empty' : 'not_sse', text });
  }

  private toErrorEvent(data: string, error: { type: string; message: string }): AttemptFailedError {
    return new AttemptFailedError({
      kind: 'error_event',
      errorType: error.type,
      message: error.message,
      text: judgedText(Buffer.from(data)),
    });
  }

  /** The client sees the model under the name that it asked for. */
  private renameModel({ dataSpan }: SseEvent): void {
    const { modelForClient } = this.options;
    if (modelForClient === null || dataSpan === null) return;
    const data = Buffer.concat(this.chunks).subarray(dataSpan.start, dataSpan.end);
    const span = findPath(data, ['message', 'model']);
    if (span === null) return;
    const bytes = Buffer.from(JSON.stringify(modelForClient));
    this.edits.push({ start: dataSpan.start + span.start, end: dataSpan.start + span.end, bytes });
  }
}
