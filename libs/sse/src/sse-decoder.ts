import { ByteTail } from './byte-tail.js';
import { CR, LF, hasField, parseBlock, textStart } from './parse-block.js';
import { DecodedEvent, OversizedEvent, type SseEvent } from './sse-event.js';

export interface SseDecoderOptions {
  /** Bytes of one event beyond which it is told without its data. Default 32 MiB. */
  readonly maxEventBytes?: number;
}

const DEFAULT_MAX_EVENT_BYTES = 32 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Bytes of an event stream in, events with their exact place in the stream out. However the bytes are cut into chunks,
 * the events are the same, and their spans laid end to end are the stream up to the last event.
 *
 * Lines may end in LF, CRLF or CR. After a CR that is the last byte of a chunk nobody knows whether an LF belongs to
 * it, so the event that it ends is told with the next byte or at the end.
 *
 * It remembers at most `maxEventBytes` (times two, for growing) and throws on nothing.
 *
 * @example
 * const decoder = new SseDecoder();
 * for await (const chunk of body) for (const event of decoder.push(chunk)) handle(event);
 * for (const event of decoder.end()) handle(event);
 * if (decoder.pending > 0) brokenInsideAnEvent();
 */
export class SseDecoder {
  private readonly maxEventBytes: number;
  private readonly tail = new ByteTail();
  /** Offset in the stream of the first byte of the chunk at hand. */
  private offset = 0;
  /** Where the event told last ended. */
  private claimed = 0;
  /** Where the block at hand began: behind the last blank line. */
  private blockStart = 0;
  private blockHasCr = false;
  private lineIsEmpty = true;
  /** The last byte was a CR; an LF that follows belongs to it. */
  private afterCr = false;
  /** That CR ended a blank line, so the block is whole but for such an LF. */
  private closing = false;

  constructor(options: SseDecoderOptions = {}) {
    this.maxEventBytes = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
  }

  /** The events that this chunk completed. */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    if (chunk.length === 0) return events;
    this.scanLines(chunk, this.finishCr(chunk, events), events);
    this.keepRest(chunk);
    this.offset += chunk.length;
    return events;
  }

  /** The stream is over. An event that has not ended is never told (as browsers do it); `pending` says so. */
  end(): SseEvent[] {
    const events: SseEvent[] = [];
    this.finishCr(NOTHING, events);
    return events;
  }

  /**
   * Bytes of an event, or of a line, that has begun and not ended. 0 where another event could follow as it is: between
   * events, or behind whole lines of comment. Ask after `end()`.
   */
  get pending(): number {
    const size = this.offset - this.blockStart;
    if (!this.lineIsEmpty || size > this.maxEventBytes) return size;
    const bytes = this.tail.view();
    return hasField(this.blockStart === 0 ? bytes.subarray(textStart(bytes, 0)) : bytes) ? size : 0;
  }

  /** Settles what a CR at the end of the last chunk left open; returns where the next line begins. */
  private finishCr(chunk: Buffer, events: SseEvent[]): number {
    const next = this.afterCr && chunk[0] === LF ? 1 : 0;
    this.afterCr = false;
    if (this.closing) {
      this.closing = false;
      this.finishBlock(chunk, next, events);
    }
    return next;
  }

  private scanLines(chunk: Buffer, from: number, events: SseEvent[]): void {
    let lineStart = from;
    let lf = chunk.indexOf(LF, from);
    let cr = chunk.indexOf(CR, from);
    while (lf !== -1 || cr !== -1) {
      const isCr = cr !== -1 && (lf === -1 || cr < lf);
      const stop = isCr ? cr : lf;
      const isBlank = this.lineIsEmpty && stop === lineStart;
      const isCrLf = isCr && lf === cr + 1;
      lineStart = isCrLf ? stop + 2 : stop + 1;
      this.lineIsEmpty = true;
      this.blockHasCr ||= isCr;
      if (isCr && !isCrLf && lineStart === chunk.length) {
        this.afterCr = true;
        this.closing = isBlank;
      } else if (isBlank) {
        this.finishBlock(chunk, lineStart, events);
      }
      // A kind of line end that is not in the chunk is searched for once, not once per line.
      if (lf !== -1 && lf < lineStart) lf = chunk.indexOf(LF, lineStart);
      if (cr !== -1 && cr < lineStart) cr = chunk.indexOf(CR, lineStart);
    }
    this.lineIsEmpty = lineStart === chunk.length;
  }

  /** The block at hand ends before `chunk[to]`. */
  private finishBlock(chunk: Buffer, to: number, events: SseEvent[]): void {
    const end = this.offset + to;
    const event = this.toEvent(chunk, to, end);
    if (event !== null) {
      events.push(event);
      this.claimed = end;
    }
    this.blockStart = end;
    this.blockHasCr = false;
    this.tail.clear();
  }

  private toEvent(chunk: Buffer, to: number, end: number): SseEvent | null {
    if (end - this.blockStart > this.maxEventBytes) return new OversizedEvent(this.claimed, end);
    let bytes = chunk;
    let origin = this.offset;
    if (this.tail.length > 0) {
      this.tail.append(chunk, 0, to);
      bytes = this.tail.view();
      origin = this.blockStart;
    }
    const from = this.blockStart - origin;
    const fields = parseBlock(
      bytes,
      this.blockStart === 0 ? textStart(bytes, from) : from,
      end - origin,
      this.blockHasCr,
    );
    return fields === null ? null : new DecodedEvent(fields, this.claimed, end, bytes, origin);
  }

  /** Keeps what the chunk holds of a block that goes on, unless it is too large to be told anyway. */
  private keepRest(chunk: Buffer): void {
    const size = this.offset + chunk.length - this.blockStart;
    if (size > this.maxEventBytes) this.tail.clear();
    else this.tail.append(chunk, Math.max(0, this.blockStart - this.offset), chunk.length);
  }
}
