import type { StreamEvent, UsageMeter } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { noMeter, NOTHING_READ } from '../../../test/support/no-meter.ts';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import { AttemptFailedError, ClientGoneError } from '../attempt/attempt-failed.error.js';
import type { StreamTranslator } from '../endpoint.js';
import { responses } from '../protocols/responses.js';
import { holdUntilContent } from './first-event.js';
import { StreamTracker } from './stream-tracker.js';
import { ReadOnlyMeter, TranslatedBody } from './translated-body.js';

const text = (data: string): string => `event: text\ndata: ${data}\n\n`;
const SILENT = 'event: silent\ndata: {}\n\n';
const COMMENT = ': alive\n\n';

/** Answers each `text` event in brackets, and says nothing of others. */
const brackets: StreamTranslator = {
  translate: ({ event, data }) => Buffer.from(event === 'text' ? `[${data}]` : ''),
};

const chunksOf = (all: string, size: number): Buffer[] => {
  const bytes = Buffer.from(all);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
};

describe('TranslatedBody', () => {
  const pause = jest.fn<() => void>();
  const abort = jest.fn<(reason: Error) => void>();
  let source: UpstreamBody;
  let metered: string[];
  let meter: UsageMeter;

  beforeEach(() => {
    jest.clearAllMocks();
    source = new UpstreamBody({ pause, resume: () => undefined, abort });
    metered = [];
    meter = { ...noMeter(), onEvent: ({ data }: StreamEvent) => void metered.push(data) };
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const create = (translator = brackets): TranslatedBody => new TranslatedBody(source, translator, meter);

  const readAll = async (sut: TranslatedBody): Promise<string> => {
    const chunks: Buffer[] = [];
    for (let chunk = await sut.read(); chunk !== null; chunk = await sut.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it('says the same however the stream is cut, and shows the meter what the upstream said', async () => {
    const event = fc.oneof(
      fc.constantFrom('a', 'Hä€', '{"x":"\\n"}').map((data) => ({ sent: text(data), data, told: `[${data}]` })),
      fc.constant({ sent: SILENT, data: '{}', told: '' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), fc.integer({ min: 1, max: 90 }), async (events, size) => {
        source = new UpstreamBody({ pause, resume: () => undefined, abort });
        metered = [];
        for (const chunk of chunksOf(events.map(({ sent }) => sent).join(''), size)) source.push(chunk);
        source.end();
        expect(await readAll(create())).toBe(events.map(({ told }) => told).join(''));
        expect(metered).toEqual(events.map(({ data }) => data));
      }),
    );
  });

  it.each(['event: text\ndata: b\n', 'event: text\ndata: b', 'event: text\r\ndata: b\r'])(
    'tells a last event without its blank line: %j',
    async (last) => {
      for (const chunk of chunksOf(text('a') + last, 5)) source.push(chunk);
      source.end();
      // An empty line is nothing to a reader of events.
      expect((await readAll(create())).trimEnd()).toBe('[a][b]');
    },
  );

  it('gives each translator the bytes of its event, and all of them together', async () => {
    const all = `\ufeff${text('a')}${COMMENT}${SILENT}id: 7\n\n${text('b')}`;
    const asItIs = { translate: (_: StreamEvent, bytes: Buffer) => bytes };
    for (const size of [1, 2, 3, 17, 500]) {
      source = new UpstreamBody({ pause, resume: () => undefined, abort });
      for (const chunk of chunksOf(all, size)) source.push(chunk);
      source.end();
      expect(await readAll(create(asItIs))).toBe(all);
    }
  });

  it('tells nothing of an event that has not ended where the stream breaks', async () => {
    const fault = new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' });
    source.push(Buffer.from(`${text('a')}event: text\ndata: b\n`));
    source.fail(fault);
    const sut = create();
    expect((await sut.read())?.toString()).toBe('[a]');
    await expect(sut.read()).rejects.toBe(fault);
  });

  it('has ended for good behind its end', async () => {
    source.end();
    const sut = create();
    expect(await readAll(sut)).toBe('');
    expect(await sut.read()).toBeNull();
  });

  it('copies no byte of a chunk for each of its events', async () => {
    const concat = jest.spyOn(Buffer, 'concat');
    try {
      const all = text('a').repeat(5_000);
      source.push(Buffer.from('data: cut'));
      source.push(Buffer.from(`\n\n${all}data: next`));
      source.push(Buffer.from(`\n\n${all}`));
      source.end();
      const told = await readAll(create({ translate: (_, bytes) => bytes }));
      expect(told === `data: cut\n\n${all}data: next\n\n${all}`).toBe(true);
      const copied = concat.mock.calls.flatMap(([pieces]) => pieces).reduce((sum, piece) => sum + piece.length, 0);
      // Joined with what was left, told, and read here.
      expect(copied).toBeLessThan(5 * 2 * all.length);
    } finally {
      concat.mockRestore();
    }
  });

  it('reads no further than it is read', async () => {
    source.push(Buffer.from(text('a')));
    for (let i = 0; i < 10; i += 1) source.push(Buffer.from(text('x'.repeat(16 * 1024))));
    expect(pause).toHaveBeenCalledTimes(1);
    const sut = create();
    expect((await sut.read())?.toString()).toBe('[a]');
    expect(metered).toEqual(['a']);
  });

  it('ends the exchange where its reader does, with the reason', async () => {
    const reason = new ClientGoneError();
    const sut = create();
    const read = sut.read();
    sut.abort(reason);
    await expect(read).rejects.toBe(reason);
    expect(abort).toHaveBeenCalledWith(reason);
  });

  it.each([
    ['comments', COMMENT],
    ['events that tell nothing', SILENT],
    ['pieces of one event', 'data: x\n'],
  ])('counts %s for a sign of life', async (_, sign) => {
    jest.useFakeTimers();
    const settled = jest.fn();
    const tracker = new StreamTracker(responses, new ReadOnlyMeter(meter));
    const rest = { status: 200, headers: {}, body: create() };
    const held = holdUntilContent(rest, tracker, { protocol: responses, idleMs: 1000 });
    const outcome = held.then(settled, (error: unknown) => {
      settled();
      return error;
    });
    for (let i = 0; i < 20; i += 1) {
      source.push(Buffer.from(sign));
      await jest.advanceTimersByTimeAsync(900);
    }
    expect(settled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1000);
    expect(await outcome).toMatchObject({ failure: { kind: 'timeout', reason: 'idle' } });
  });

  it('gives up an event that is too long to be translated, and the exchange with it', async () => {
    const tooLong = { failure: { kind: 'malformed', reason: 'too_large' } };
    const sut = create();
    source.push(Buffer.alloc(33 * 1024 * 1024, 'x'));
    await expect(sut.read()).rejects.toMatchObject(tooLong);
    expect(abort.mock.calls).toMatchObject([[tooLong]]);
  });

  it('gives up one that came whole, too', async () => {
    const sut = create();
    source.push(Buffer.from(`${text('x'.repeat(33 * 1024 * 1024))}${text('b')}`));
    await expect(sut.read()).rejects.toMatchObject({ failure: { kind: 'malformed', reason: 'too_large' } });
  });
});

describe('ReadOnlyMeter', () => {
  it('shows what the other one has read, and feeds it nothing', () => {
    const onEvent = jest.fn<UsageMeter['onEvent']>();
    const onBody = jest.fn<UsageMeter['onBody']>();
    const reading = { ...NOTHING_READ, model: 'm' };
    const sut = new ReadOnlyMeter({ onEvent, onBody, read: () => reading });
    sut.onEvent();
    sut.onBody();
    expect(onEvent).not.toHaveBeenCalled();
    expect(onBody).not.toHaveBeenCalled();
    expect(sut.read()).toBe(reading);
  });
});
