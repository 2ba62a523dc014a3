import type { UsageMeter } from '@crs/extension-api';
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

/** Reads along with a stream: what each event means, what was used, whether the answer is whole. Changes no byte. */
export class StreamTracker {
  private readonly decoder = new SseDecoder();
  private wasFinal = false;
  private failed: StreamFailure | null = null;
  private endedInside = false;

  constructor(
    private readonly protocol: Protocol,
    readonly meter: UsageMeter,
  ) {}

  /** The events that became whole with this chunk. */
  observe(chunk: Buffer): readonly TrackedEvent[] {
    return this.track(this.decoder.push(chunk));
  }

  /** The stream has ended. A last event that lacks only its blank line counts: all of it came. */
  end(): readonly TrackedEvent[] {
    // First: until here a CR at the very end may be half of a line's end.
    const events = this.decoder.end();
    this.endedInside = this.decoder.pending > 0;
    return this.track(this.endedInside ? [...events, ...this.decoder.push(EVENT_BREAK)] : events);
  }

  /** The answer's last event was seen. */
  get isWhole(): boolean {
    return this.wasFinal;
  }

  /** What the upstream itself said of why the stream has failed. */
  get failure(): StreamFailure | null {
    return this.failed;
  }

  /** The last event has no blank line: what follows must end it first. */
  get needsBreak(): boolean {
    return this.endedInside || this.decoder.pending > 0;
  }

  private track(events: readonly SseEvent[]): readonly TrackedEvent[] {
    return events.map((event) => {
      const kind = this.protocol.kindOf(event);
      this.meter.onEvent(event);
      this.wasFinal ||= kind === 'final';
      if (kind === 'error') this.failed ??= { ...this.protocol.readError(event), text: event.data };
      return { kind, event };
    });
  }
}
