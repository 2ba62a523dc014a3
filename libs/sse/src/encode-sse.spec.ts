import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeSse } from './encode-sse.js';
import { SseDecoder } from './sse-decoder.js';

describe('encodeSse', () => {
  it.each([
    ['an event with a name', { event: 'ping', data: '{"type": "ping"}' }, 'event: ping\ndata: {"type": "ping"}\n\n'],
    ['an event without a name', { event: null, data: 'é' }, 'data: é\n\n'],
    ['data of several lines', { event: null, data: 'a\r\nb\rc\nd' }, 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    ['empty data', { event: 'x', data: '' }, 'event: x\ndata: \n\n'],
  ])('writes %s', (_, message, expected) => {
    expect(encodeSse(message).toString()).toBe(expected);
  });

  it.each(['a\nb', 'a\rb'])('refuses a name with a line break', (event) => {
    expect(() => encodeSse({ event, data: '' })).toThrow(TypeError);
  });

  it('writes what the decoder reads', () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\r', ''));
    const name = fc.option(text.map((value) => value.replaceAll('\n', '')).filter((value) => value !== ''));
    fc.assert(
      fc.property(name, text, (event, data) => {
        const bytes = encodeSse({ event, data });
        const [read, ...others] = new SseDecoder().push(bytes);
        expect([read?.event, read?.data, read?.end, others]).toEqual([event, data, bytes.length, []]);
      }),
    );
  });
});
