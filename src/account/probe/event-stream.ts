import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { encodeSse } from '@crs/sse';
import { StreamableFile } from '@nestjs/common';
import { TestEndedError } from './test-ending.js';
import type { TestEvent } from './test-event.js';

/** What is to be told, and for how long at most. */
export interface EventSource {
  /** Makes the events until `stop` is aborted, with a `TestEndedError`. */
  readonly run: (stop: AbortSignal) => AsyncIterable<TestEvent>;
  /** Aborted when the process ends. */
  readonly stopping: AbortSignal;
  /** When a reader that takes nothing is given up, in ms. */
  readonly maxMs: number;
  /** Called once, when nothing more is told. */
  readonly onEnd: () => void;
}

/**
 * Events as an answer of server-sent events, at the reader's pace. When the reader's connection closes, the source is
 * told at once; it is also ended when nobody takes its events for too long.
 */
export function toEventStream({ run, stopping, maxMs, onEnd }: EventSource): StreamableFile {
  const gone = new AbortController();
  const answer = new PassThrough();
  // Not left to the end of the pipeline: that waits for a source which waits for its upstream.
  answer.once('close', () => {
    gone.abort(new TestEndedError('gone'));
  });
  const events = encode(run(AbortSignal.any([stopping, gone.signal])));
  pipeline(events, answer, { signal: AbortSignal.timeout(maxMs) })
    // What can break here is the reader's connection, and nobody else is there to be told.
    .catch(() => undefined)
    .finally(onEnd);
  return new StreamableFile(answer, { type: 'text/event-stream; charset=utf-8' });
}

async function* encode(events: AsyncIterable<TestEvent>): AsyncGenerator<Buffer> {
  for await (const { name, ...data } of events) yield encodeSse({ event: name, data: JSON.stringify(data) });
}
