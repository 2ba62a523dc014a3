import type { MeterReading, UsageMeter } from '@crs/extension-api';
import { SseDecoder, type SseEvent } from '@crs/sse';
import type { EventKind, Protocol } from '../protocols/protocol.js';

/** What ends an event. */
export const EVENT_BREAK = Buffer.from('\n\n');

export interface TrackedEvent {
  readonly kind: EventKind;
  readonly event: SseEvent;
}

/** An error event: its type and message, and the whole of it. */
export interface StreamFailure {
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

/** A failure, and how much of the stream may go to the client. */
interface Failed {
  readonly failure: StreamFailure;
  /** Offset in the stream behind its last byte that may. */
  readonly stopAt: number;
  /** How much of the event goes to the client; half of one that it must not see where its beginning has left already. */
  readonly told: 'whole' | 'half' | 'nothing';
}

/** Reads along with a stream: what each event means, what was used, whether the answer is whole. Changes no byte. */
export class StreamTracker {
  private readonly decoder = new SseDecoder();
  private wasFinal = false;
  private failed: Failed | null = null;
  /** Bytes of the stream that were observed. */
  private offset = 0;
  private endedInside = false;
  private hasToldInput = false;

  constructor(
    private readonly protocol: Protocol,
    readonly meter: UsageMeter,
    /** Told once, as soon as the upstream has told its input. */
    private readonly onInput: (reading: MeterReading) => void = () => undefined,
  ) {}

  /** The events that became whole with this chunk. */
  observe(chunk: Buffer): readonly TrackedEvent[] {
    const from = this.offset;
    this.offset += chunk.length;
    return this.track(this.decoder.push(chunk), from);
  }

  /** The stream has ended. A last event that lacks only its blank line counts: all of it came. */
  end(): readonly TrackedEvent[] {
    // First: until here a CR at the very end may be half of a line's end.
    const events = this.decoder.end();
    this.endedInside = this.decoder.pending > 0;
    return this.track(this.endedInside ? [...events, ...this.decoder.push(EVENT_BREAK)] : events, this.offset);
  }

  /** The answer's last event was seen, and no error before it. */
  get isWhole(): boolean {
    return this.wasFinal;
  }

  /** What the upstream itself said of why the stream has failed. */
  get failure(): StreamFailure | null {
    return this.failed?.failure ?? null;
  }

  /** What of the bytes that were observed last may go to the client: nothing behind the event by which a stream fails. */
  passable(bytes: Buffer): Buffer {
    if (this.failed === null) return bytes;
    return bytes.subarray(0, Math.max(0, this.failed.stopAt - (this.offset - bytes.length)));
  }

  /** The client learns from the stream itself that it has failed, or must not learn the rest of what it says. */
  get hasTold(): boolean {
    return this.failed !== null && this.failed.told !== 'nothing';
  }

  /** The last event has no blank line: what follows must end it first. */
  get needsBreak(): boolean {
    // An event without its end is never told.
    return this.failed?.told !== 'half' && (this.endedInside || this.decoder.pending > 0);
  }

  /** Bytes of an event that has begun and not ended; 0 behind comments. */
  get pending(): number {
    return this.decoder.pending;
  }

  /** @param from offset of the first byte that the client has not seen when the events are told */
  private track(events: readonly SseEvent[], from: number): readonly TrackedEvent[] {
    return events.map((event) => {
      const kind = this.protocol.kindOf(event);
      this.meter.onEvent(event);
      this.tellInput();
      this.wasFinal ||= kind === 'final' && this.failed === null;
      if (kind === 'error' && !this.wasFinal) this.failed ??= this.toFailed(event, from);
      return { kind, event };
    });
  }

  private tellInput(): void {
    if (this.hasToldInput) return;
    const reading = this.meter.read();
    if (!reading.started) return;
    this.hasToldInput = true;
    this.onInput(reading);
  }

  private toFailed(event: SseEvent, from: number): Failed {
    const failure = { ...this.protocol.readError(event), text: event.data };
    const isHidden = this.protocol.refusesAccess(failure.type);
    return {
      failure,
      stopAt: isHidden ? event.start : event.end,
      told: !isHidden ? 'whole' : event.start < from ? 'half' : 'nothing',
    };
  }
}
