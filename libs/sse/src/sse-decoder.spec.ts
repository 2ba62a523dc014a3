import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseDecoder } from './sse-decoder.js';
import type { SseEvent } from './sse-event.js';

interface PlainEvent {
  readonly event: string | null;
  readonly data: string;
  readonly start: number;
  readonly end: number;
  readonly oversized: boolean;
}

const toPlain = ({ event, data, start, end, oversized }: SseEvent): PlainEvent => ({
  event,
  data,
  start,
  end,
  oversized,
});

function decode(chunks: readonly Buffer[], maxEventBytes?: number): { events: SseEvent[]; pending: number } {
  const sut = new SseDecoder(maxEventBytes === undefined ? {} : { maxEventBytes });
  const events = chunks.flatMap((chunk) => sut.push(chunk));
  events.push(...sut.end());
  return { events, pending: sut.pending };
}

const said = (text: string): [string | null, string][] =>
  decode([Buffer.from(text)]).events.map(({ event, data }) => [event, data]);

/** Cuts bytes at the given places, which may repeat (an empty chunk) and lie anywhere. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** The same reading in the words of the standard: decode everything, then go line by line. */
function readByTheStandard(bytes: Buffer): [string | null, string][] {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const lines = text.split(/\r\n|\r|\n/);
  lines.pop();
  const events: [string | null, string][] = [];
  let name = '';
  let data: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push([name === '' ? null : name, data.join('\n')]);
      name = '';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
    if (field === 'data') data.push(value);
    if (field === 'event') name = value;
  }
  return events;
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.oneof(
  fc.constantFrom(
    'data',
    'event',
    'data:',
    'event:',
    'id: 1',
    'retry: 5',
    ': note',
    ':',
    '',
    '',
    '',
    'dat',
    'eventual: x',
  ),
  fc.string({ unit: 'grapheme' }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
  fc.string({ unit: 'binary' }).map((text) => `event:${text.replaceAll(/[\r\n]/g, '')}`),
);
const streamText = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.array(fc.tuple(line, lineEnd)), line)
  .map(([mark, lines, rest]) => mark + lines.map((pair) => pair.join('')).join('') + rest);
const streamBytes = fc.oneof(
  streamText.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom(0x0a, 0x0d, 0x3a, 0x20, 0x64, 0xef, 0xbb, 0xbf, 0xe4), { maxLength: 60 })
    .map((bytes) => Buffer.from(bytes)),
);
const places = fc.array(fc.nat(), { maxLength: 12 });

describe('SseDecoder', () => {
  it.each<[string, string, [string | null, string][]]>([
    ['an event with a name', 'event: ping\ndata: {}\n\n', [['ping', '{}']]],
    ['an event without a name', 'data: x\n\n', [[null, 'x']]],
    ['an empty name as none', 'event:\ndata: x\n\n', [[null, 'x']]],
    ['a name without a colon as none', 'event: a\nevent\ndata: x\n\n', [[null, 'x']]],
    ['the last name of two', 'event: a\nevent: b\ndata: x\n\n', [['b', 'x']]],
    ['data without a space', 'data:x\n\n', [[null, 'x']]],
    ['data with two spaces, of which one is its own', 'data:  x\n\n', [[null, ' x']]],
    ['several data lines', 'data: a\ndata:\ndata: c\n\n', [[null, 'a\n\nc']]],
    ['a data line without a colon', 'data\n\n', [[null, '']]],
    ['CRLF', 'event: a\r\ndata: x\r\n\r\n', [['a', 'x']]],
    [
      'CR',
      'event: a\rdata: x\r\rdata: y\r\r',
      [
        ['a', 'x'],
        [null, 'y'],
      ],
    ],
    [
      'mixed line ends',
      'event: a\rdata: x\r\n\ndata: y\n\r',
      [
        ['a', 'x'],
        [null, 'y'],
      ],
    ],
    ['a byte order mark', '\uFEFFdata: x\n\n', [[null, 'x']]],
    ['a byte order mark before a blank line', '\uFEFF\ndata: x\n\n', [[null, 'x']]],
    ['comments, ids, retry times and unknown fields', ': c\nid: 7\nretry: 1\ndata: x\nfoo: y\n\n', [[null, 'x']]],
    ['nothing in a block without data', 'event: a\n\nid: 1\n\ndata: x\n\n', [[null, 'x']]],
    ['fields whose names only begin alike as others', 'database: 1\ndat: 2\ndata: x\n\n', [[null, 'x']]],
    ['text of more than one byte', 'data: 世界 \u{1F30D}\n\n', [[null, '世界 \u{1F30D}']]],
    ['nothing in an event that does not end', 'data: x\n\ndata: y\n', [[null, 'x']]],
    ['nothing in an empty stream', '', []],
  ])('reads %s', (_, text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it('says where each event stands, comments and blank lines before it included', () => {
    const { events } = decode([Buffer.from('\n: hi\n\ndata: é\n\n\r\ndata: b\r\n\r\n: bye\n\n')]);
    expect(events.map(toPlain)).toEqual([
      { event: null, data: 'é', start: 0, end: 17, oversized: false },
      { event: null, data: 'b', start: 17, end: 30, oversized: false },
    ]);
  });

  it('says where the data of an event stands when it is one line, in whatever chunks it came', () => {
    const bytes = Buffer.from('data: first\n\nevent: x\ndata: {"a":1}\n\ndata: a\ndata: b\n\n');
    for (const chunks of [[bytes], cut(bytes, [20, 26])]) {
      const spans = decode(chunks).events.map(({ dataSpan }) => dataSpan);
      expect(spans.map((span) => span && bytes.toString('utf8', span.start, span.end))).toEqual([
        'first',
        '{"a":1}',
        null,
      ]);
    }
  });

  it('tells an event as soon as its blank line is there', () => {
    const sut = new SseDecoder();
    expect(sut.push(Buffer.from('data: x\n'))).toEqual([]);
    expect(sut.push(Buffer.from('\n')).map(toPlain)).toEqual([
      { event: null, data: 'x', start: 0, end: 9, oversized: false },
    ]);
  });

  it.each([
    ['takes the LF of a CRLF that was cut in two', ['data: x\r\n\r', '\ndata: y\r\n\r\n'], [11, 22]],
    ['leaves what follows a lone CR to the next event', ['data: x\r\r', 'data: y\r\r'], [9, 18]],
    ['takes the LF of a line end that was cut in two', ['data: x\r', '\n\r\n'], [11]],
  ])('%s', (_, chunks, ends) => {
    const { events } = decode(chunks.map((chunk) => Buffer.from(chunk)));
    expect(events.map(({ end }) => end)).toEqual(ends);
  });

  it.each([
    ['in the middle of a line', 'data: x\n\ndata: y', 7],
    ['behind a line of an event', 'data: x\n\nevent: y\r\n', 10],
    ['inside a comment', ': pi', 4],
    ['inside its byte order mark', '\uFEFF', 3],
    ['behind a whole comment', 'data: x\n\n: ping\n', 0],
    ['behind a comment of several lines', '\uFEFF: ping\n:\r\n: pong\r', 0],
    ['between events', 'data: x\n\n', 0],
    ['behind a blank line that a lone CR ends', 'data: x\r\r', 0],
    ['at its beginning', '', 0],
  ])('tells how much is left of a stream that broke %s', (_, text, pending) => {
    expect(decode([Buffer.from(text)]).pending).toBe(pending);
  });

  it('tells of an event that is too large without its data and reads on', () => {
    const large = `event: big\ndata: ${'x'.repeat(100)}\n\n`;
    const bytes = Buffer.from(`: c\n\n${large}data: y\n\n${large}`);
    for (const chunks of [[bytes], cut(bytes, [30, 60]), cut(bytes, [...bytes.keys()])]) {
      const { events } = decode(chunks, 50);
      expect(events.map(toPlain)).toEqual([
        { event: null, data: '', start: 0, end: 5 + large.length, oversized: true },
        { event: null, data: 'y', start: 5 + large.length, end: 14 + large.length, oversized: false },
        { event: null, data: '', start: 14 + large.length, end: bytes.length, oversized: true },
      ]);
      expect(events[0]?.dataSpan).toBeNull();
    }
  });

  it('counts an event that is too large and does not end as pending', () => {
    expect(decode([Buffer.from(`data: ${'x'.repeat(100)}\n`)], 50).pending).toBe(107);
    expect(decode([Buffer.from(`data: ${'x'.repeat(100)}`)], 50).pending).toBe(106);
  });

  it('does not keep what is too large to be told', () => {
    const sut = new SseDecoder({ maxEventBytes: 1024 * 1024 });
    const chunk = Buffer.alloc(64 * 1024, 'x');
    sut.push(Buffer.from('data: '));
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1024; i += 1) expect(sut.push(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    expect(sut.push(Buffer.from('\n\n')).map(({ oversized, end }) => [oversized, end])).toEqual([
      [true, 64 * 1024 * 1024 + 8],
    ]);
  });

  it('reads an event of 5 MB that comes in small chunks', () => {
    const text = 'lorem ipsum '.repeat(450_000);
    const bytes = Buffer.from(`event: big\ndata: ${text}\n\n`);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(i * 100, i * 100 + 100),
    );
    const { events } = decode(chunks);
    expect(events.map(({ event, data, end }) => [event, data === text, end])).toEqual([['big', true, bytes.length]]);
  });

  it('reads any bytes as the standard says', () => {
    fc.assert(
      fc.property(streamBytes, (bytes) => {
        expect(decode([bytes]).events.map(({ event, data }) => [event, data])).toEqual(readByTheStandard(bytes));
      }),
    );
  });

  it('reads the same events however the bytes are cut', () => {
    fc.assert(
      fc.property(streamBytes, places, fc.constantFrom(5, 20, 1000), (bytes, at, max) => {
        const whole = decode([bytes], max);
        const pieces = decode(cut(bytes, at), max);
        const single = decode(cut(bytes, [...bytes.keys()]), max);
        expect(pieces.events.map(toPlain)).toEqual(whole.events.map(toPlain));
        expect(single.events.map(toPlain)).toEqual(whole.events.map(toPlain));
        expect([pieces.pending, single.pending]).toEqual([whole.pending, whole.pending]);
      }),
    );
  });

  it('tiles the stream with its events, up to a rest that holds none', () => {
    fc.assert(
      fc.property(streamBytes, places, (bytes, at) => {
        const { events } = decode(cut(bytes, at));
        let end = 0;
        for (const event of events) {
          expect(event.start).toBe(end);
          ({ end } = event);
        }
        const rebuilt = Buffer.concat(events.map((event) => bytes.subarray(event.start, event.end)));
        expect(rebuilt.equals(bytes.subarray(0, end))).toBe(true);
        expect(decode([Buffer.from('\n'), bytes.subarray(end)]).events).toEqual([]);
      }),
    );
  });

  it('decodes data once', () => {
    const [event] = decode([Buffer.from('data: a\ndata: b\n\n')]).events;
    expect([event?.data, event?.data]).toEqual(['a\nb', 'a\nb']);
  });
});
