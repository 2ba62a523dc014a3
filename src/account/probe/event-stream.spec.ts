import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { toEventStream } from './event-stream.js';
import type { TestEvent } from './test-event.js';

const MINUTE_MS = 60_000;
const content = (text: string): TestEvent => ({ name: 'content', text });

/** A source that is asked for its events one by one. */
class Source {
  made = 0;
  ended = 0;
  stop: AbortSignal | null = null;
  readonly allEnded: Promise<void>;
  private onAllEnded: () => void = () => undefined;

  constructor(private readonly events: (stop: AbortSignal) => AsyncIterable<TestEvent>) {
    this.allEnded = new Promise((resolve) => {
      this.onAllEnded = resolve;
    });
  }

  open(change: { stopping?: AbortSignal; maxMs?: number } = {}) {
    return toEventStream({
      run: (stop) => this.run(stop),
      stopping: new AbortController().signal,
      maxMs: MINUTE_MS,
      onEnd: () => {
        this.ended += 1;
        this.onAllEnded();
      },
      ...change,
    });
  }

  private async *run(stop: AbortSignal): AsyncGenerator<TestEvent> {
    this.stop = stop;
    for await (const event of this.events(stop)) {
      this.made += 1;
      yield event;
    }
  }
}

async function* endless(): AsyncGenerator<TestEvent> {
  for (;;) yield content('x'.repeat(1000));
}

async function* waiting(stop: AbortSignal): AsyncGenerator<TestEvent> {
  yield content('first');
  await once(stop, 'abort');
  yield content('last words');
}

describe('toEventStream', () => {
  it('tells each event by its name, and ends', async () => {
    const sut = new Source(async function* () {
      yield content('a\nb');
      yield { name: 'connected', status: 200, ms: 7 };
    });
    const answer = sut.open();
    expect(answer.getHeaders().type).toBe('text/event-stream; charset=utf-8');
    let text = '';
    for await (const chunk of answer.getStream()) text += String(chunk);
    expect(text).toBe('event: content\ndata: {"text":"a\\nb"}\n\nevent: connected\ndata: {"status":200,"ms":7}\n\n');
    await sut.allEnded;
    expect(sut.ended).toBe(1);
  });

  it('tells a source that waits when its reader goes', async () => {
    const sut = new Source(waiting);
    const stream = sut.open().getStream();
    await once(stream, 'data');
    stream.destroy();
    await sut.allEnded;
    expect(sut.stop?.reason).toMatchObject({ why: 'gone' });
  });

  it('tells a source when the process stops, and lets it have the last words', async () => {
    const process = new AbortController();
    const sut = new Source(waiting);
    const stream = sut.open({ stopping: process.signal }).getStream();
    await once(stream, 'data');
    process.abort();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toContain('last words');
  });

  it('makes no more than its reader takes, and gives up a reader that takes nothing', async () => {
    const sut = new Source(endless);
    const stream = sut.open({ maxMs: 50 }).getStream();
    const failed = once(stream, 'error');
    await sut.allEnded;
    expect(sut.made).toBeLessThan(500);
    expect(sut.stop?.aborted).toBe(true);
    await expect(failed).resolves.toEqual([expect.objectContaining({ name: 'AbortError' })]);
  });
});
