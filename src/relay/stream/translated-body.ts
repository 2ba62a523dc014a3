import type { MeterReading, UsageMeter } from '@crs/extension-api';
import { SseDecoder, type SseEvent } from '@crs/sse';
import type { AnswerBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError } from '../attempt/attempt-failed.error.js';
import type { StreamTranslator } from '../endpoint.js';
import { EVENT_BREAK } from './stream-tracker.js';

const NOTHING = Buffer.alloc(0);
/** What is not translated would be missing from the answer; no event of an API is that long. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;

/**
 * The body of a stream in the client's words. The meter sees the upstream's own events. What comes from the upstream and
 * tells the client nothing is an empty chunk: a sign of life all the same. Comments that come by themselves are passed on.
 */
export class TranslatedBody implements AnswerBody {
  private readonly decoder = new SseDecoder({ maxEventBytes: MAX_EVENT_BYTES });
  /** What has come and was not told yet. */
  private untold: Buffer[] = [];
  /** Where that begins, in bytes of the stream. */
  private untoldFrom = 0;
  private hasEnded = false;

  constructor(
    private readonly source: AnswerBody,
    private readonly translator: StreamTranslator,
    private readonly meter: UsageMeter,
  ) {}

  /** Rejects as the source does, or with `AttemptFailedError` where an event is too long. */
  async read(): Promise<Buffer | null> {
    if (this.hasEnded) return null;
    const chunk = await this.source.read();
    if (chunk !== null) return this.translate(chunk, this.decoder.push(chunk));
    this.hasEnded = true;
    const told = this.translate(NOTHING, this.decoder.end());
    // A last event that lacks only its blank line counts: all of it came.
    const last = this.decoder.pending > 0 ? this.translate(EVENT_BREAK, this.decoder.push(EVENT_BREAK)) : NOTHING;
    return Buffer.concat([told, last]);
  }

  abort(reason: Error): void {
    this.source.abort(reason);
  }

  private get passes(): boolean {
    return this.translator.isDone === true;
  }

  private translate(chunk: Buffer, events: readonly SseEvent[]): Buffer {
    this.untold.push(chunk);
    const told = events.map((event) => {
      if (event.oversized && !this.passes) throw this.toTooLong();
      this.meter.onEvent(event);
      return this.passes ? NOTHING : this.translator.translate(event, this.takeTo(event.end));
    });
    if (this.passes) return Buffer.concat([...told, this.takeTo(Infinity)]);
    const { pending } = this.decoder;
    if (pending > MAX_EVENT_BYTES) throw this.toTooLong();
    return Buffer.concat(pending === 0 ? [...told, this.takeTo(Infinity)] : told);
  }

  /** Takes what was not told yet, up to this place of the stream. */
  private takeTo(end: number): Buffer {
    // Joined once for all events of a chunk: to copy the rest of it for each of them would take quadratic time.
    const [only] = this.untold;
    const bytes = only !== undefined && this.untold.length === 1 ? only : Buffer.concat(this.untold);
    const taken = bytes.subarray(0, end - this.untoldFrom);
    this.untold = [bytes.subarray(taken.length)];
    this.untoldFrom += taken.length;
    return taken;
  }

  private toTooLong(): AttemptFailedError {
    const error = new AttemptFailedError({ kind: 'malformed', reason: 'too_large', text: '' });
    this.source.abort(error);
    return error;
  }
}

/** Shows what a meter has read that somebody else feeds. */
export class ReadOnlyMeter implements UsageMeter {
  constructor(private readonly meter: UsageMeter) {}

  onEvent(): void {
    // It was read where it came from.
  }

  onBody(): void {
    // As above.
  }

  read(): MeterReading {
    return this.meter.read();
  }
}
