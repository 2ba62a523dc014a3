/** `[start, end)` in bytes from the beginning of the stream. */
export interface SseSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * One event of a stream.
 *
 * It keeps the chunk that it came in alive until it is dropped, so hold on to few of them.
 */
export interface SseEvent extends SseSpan {
  /** The name, or null when there was none. */
  readonly event: string | null;
  /** The data lines, joined by `\n`. Decoded when first asked for. */
  readonly data: string;
  /**
   * The event's first byte in the stream. Comments, blank lines and blocks without data belong to the event that
   * follows them, so each event starts where the one before it ended.
   */
  readonly start: number;
  /** Behind the blank line that ended it. */
  readonly end: number;
  /** Where the data stands, when it is exactly one line: what a caller needs to change a few bytes of it in place. */
  readonly dataSpan: SseSpan | null;
  /** It was larger than the decoder keeps: `event` is null and `data` is empty. */
  readonly oversized: boolean;
}

/** What the fields of one block say. `lines` holds start and end of each data line, one after the other. */
export interface BlockFields {
  readonly event: string | null;
  readonly lines: readonly number[];
}

/** An event whose data is decoded only when somebody reads it: of most events nobody does. */
export class DecodedEvent implements SseEvent {
  readonly oversized = false;
  readonly event: string | null;
  private readonly lines: readonly number[];
  private text: string | null = null;

  /** @param origin offset of `bytes[0]` in the stream */
  constructor(
    fields: BlockFields,
    readonly start: number,
    readonly end: number,
    private readonly bytes: Buffer,
    private readonly origin: number,
  ) {
    this.event = fields.event;
    this.lines = fields.lines;
  }

  get data(): string {
    this.text ??= this.decode();
    return this.text;
  }

  get dataSpan(): SseSpan | null {
    const [start, end, another] = this.lines;
    if (start === undefined || end === undefined || another !== undefined) return null;
    return { start: this.origin + start, end: this.origin + end };
  }

  private decode(): string {
    let text = this.bytes.toString('utf8', this.lines[0], this.lines[1]);
    for (let i = 2; i < this.lines.length; i += 2) {
      text += `\n${this.bytes.toString('utf8', this.lines[i], this.lines[i + 1])}`;
    }
    return text;
  }
}

/** Stands for an event that was too large to keep. */
export class OversizedEvent implements SseEvent {
  readonly event = null;
  readonly data = '';
  readonly dataSpan = null;
  readonly oversized = true;

  constructor(
    readonly start: number,
    readonly end: number,
  ) {}
}
