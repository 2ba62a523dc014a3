import type { AccountProbe, UsageMeter } from '@crs/extension-api';
import { SseDecoder, type SseEvent } from '@crs/sse';
import { TestFailedError } from './test-ending.js';
import type { TimedExchange } from './timed-exchange.js';
import { upstreamWords } from './upstream-words.js';

/** More text, or a longer stream, is no answer to a request for a few words. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_STREAM_BYTES = 1024 * 1024;
/** What came before the first event tells what a stream that is none is. */
const MAX_HEAD_BYTES = 16 * 1024;
const EVENT_BREAK = Buffer.from('\n\n');

/** Reads the text out of one streamed answer, and what it cost. */
export class AnswerReader {
  private readonly decoder = new SseDecoder({ maxEventBytes: MAX_STREAM_BYTES });
  private readonly head: Buffer[] = [];
  private bytes = 0;
  private textBytes = 0;
  private events = 0;
  private isWhole = false;

  constructor(
    private readonly probe: AccountProbe,
    private readonly meter: UsageMeter,
  ) {}

  /** Some of the answer has come. */
  get hasText(): boolean {
    return this.textBytes > 0;
  }

  /** The text piece by piece, up to the answer's last event. Throws `TestFailedError` when that does not come. */
  async *read(exchange: TimedExchange): AsyncGenerator<string> {
    for (let chunk = await exchange.read(); chunk !== null; chunk = await exchange.read()) {
      this.note(chunk);
      yield* this.textsIn(this.decoder.push(chunk));
      if (this.isWhole) break;
    }
    // A last event that lacks only its blank line counts: all of it came.
    if (!this.isWhole) yield* this.textsIn(this.lastEvents());
    if (!this.isWhole) throw this.toEndedEarly();
    if (!this.hasText) {
      throw new TestFailedError(
        'empty',
        'The upstream ended its answer properly, but without any text. The gateway would pass it on like that.',
        null,
      );
    }
  }

  private note(chunk: Buffer): void {
    if (this.events === 0 && this.bytes < MAX_HEAD_BYTES) this.head.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes > MAX_STREAM_BYTES) throw tooLong();
  }

  private *textsIn(events: readonly SseEvent[]): Generator<string> {
    for (const event of events) {
      this.events += 1;
      this.meter.onEvent(event);
      const error = this.probe.errorOf(event);
      if (error !== null) throw toErrorEvent(error, event.data);
      const text = this.probe.textOf(event);
      this.textBytes += Buffer.byteLength(text);
      if (this.textBytes > MAX_TEXT_BYTES) throw tooLong();
      if (text !== '') yield text;
      this.isWhole = this.probe.isEnd(event);
      if (this.isWhole) return;
    }
  }

  private lastEvents(): readonly SseEvent[] {
    const events = this.decoder.end();
    return this.decoder.pending > 0 ? this.decoder.push(EVENT_BREAK) : events;
  }

  private toEndedEarly(): TestFailedError {
    if (this.events > 0) {
      const failure = { kind: 'transport', reason: 'reset', detail: 'The stream ended too early' } as const;
      const words = 'The upstream ended its answer too early: the last event of a whole answer never came.';
      return new TestFailedError('stream', words, failure);
    }
    return noEventStream(Buffer.concat(this.head).toString('utf8', 0, MAX_HEAD_BYTES), 'text/event-stream');
  }
}

/** A 200 that is no event stream: nothing, a page, an error body. */
export function noEventStream(text: string, contentType: string): TestFailedError {
  if (text.trim() === '') {
    return new TestFailedError('empty', 'The upstream sent an empty answer.', {
      kind: 'malformed',
      reason: 'empty',
      text,
    });
  }
  const message = `The upstream sent no event stream, but (as ${contentType}): ${upstreamWords(text)}`;
  return new TestFailedError('stream', message, { kind: 'malformed', reason: 'not_sse', text });
}

function toErrorEvent({ type, message }: { type: string; message: string }, text: string): TestFailedError {
  const failure = { kind: 'error_event', errorType: type, message, text } as const;
  return new TestFailedError('stream', message === '' ? `The upstream sent the error ${type}.` : message, failure);
}

function tooLong(): TestFailedError {
  return new TestFailedError(
    'stream',
    'The upstream sends far more than the few words that were asked for: it does not keep to max_tokens. The test has stopped reading.',
    null,
  );
}
