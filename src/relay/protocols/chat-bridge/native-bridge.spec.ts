import type { MeterReading, RelayRequest, StreamEvent, UsageMeter } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testRelayRequest } from '../../../../test/support/test-relay-request.js';
import { describeBody } from '../../request-body.js';
import { TranslatedBody } from '../../stream/translated-body.js';
import { bridgeTo } from './bridge-to.js';
import { messagesBridge } from './messages-bridge.js';
import { nativeBridge as sut } from './native-bridge.js';
import { responsesBridge } from './responses-bridge.js';

const requestOf = (json: string): RelayRequest => {
  const body = Buffer.from(json);
  const { model, modelSpan, stream } = describeBody(body, sut.target);
  return testRelayRequest({ protocol: 'openai', endpoint: 'chat_completions', body, model, modelSpan, stream });
};

const CHUNK =
  'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}],"usage":null}\n\n';
const USAGE = 'data: {"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":3}}\n\n';
const DONE = 'data: [DONE]\n\n';

describe('which way a chat goes', () => {
  it('is decided by what the upstream speaks, and whether it has chats', () => {
    expect(bridgeTo('anthropic', false)).toBe(messagesBridge);
    expect(bridgeTo('openai', false)).toBe(responsesBridge);
    expect(bridgeTo('openai', true)).toBe(sut);
  });
});

describe('a chat request for an upstream that has chats', () => {
  it.each([
    [
      '{"model":"m","messages":[],"stream":true}',
      '{"stream_options":{"include_usage":true},"model":"m","messages":[],"stream":true}',
    ],
    [
      ' { "model" : "m", "messages":[],"stream":true} ',
      ' {"stream_options":{"include_usage":true}, "model" : "m", "messages":[],"stream":true} ',
    ],
    [
      '{"stream_options":null,"model":"m","messages":[],"stream":true}',
      '{"stream_options":{"include_usage":true},"model":"m","messages":[],"stream":true}',
    ],
    [
      '{"model":"m","messages":[],"stream":true,"stream_options":{ }}',
      '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true }}',
    ],
    [
      '{"stream_options":{"a" : 1.0, "include_usage": false},"model":"m","messages":[],"stream":true}',
      '{"stream_options":{"a" : 1.0, "include_usage": true},"model":"m","messages":[],"stream":true}',
    ],
    [
      '{"model":"m","messages":[],"stream":true,"stream_options":{"a":{"include_usage":true}}}',
      '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true,"a":{"include_usage":true}}}',
    ],
  ])('asks for the usage and changes nothing else: %s', (json, expected) => {
    const { body, modelSpan } = sut.toUpstream(requestOf(json), 'm');
    expect(body.toString()).toBe(expected);
    expect(body.toString('utf8', modelSpan.start, modelSpan.end)).toBe('"m"');
  });

  it.each([
    '{"model":"m","messages":[]}',
    '{"model":"m","messages":[],"stream":false,"stream_options":{"include_usage":false}}',
    '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}',
    '{"model":"m","messages":[],"stream":true,"stream_options":"include_usage"}',
    '{"model":"m","messages":[],"stream":true,"stream_options":[1]}',
    '{"model":"m","messages":[],"stream":true,"stream_options":{bad}}',
  ])('leaves alone %s', (json) => {
    const request = requestOf(json);
    expect(sut.toUpstream(request, 'm')).toBe(request);
  });

  it('asks for the usage in any body, and finds the model again', () => {
    const options = fc.option(
      fc.dictionary(fc.oneof(fc.string(), fc.constant('include_usage')), fc.jsonValue(), { noNullPrototype: true }),
    );
    const members = fc.record({
      more: fc.jsonValue(),
      options,
      model: fc.string({ minLength: 1 }),
      order: fc.boolean(),
    });
    fc.assert(
      fc.property(members, ({ more, options: stream_options, model, order }) => {
        const asked = { messages: [], stream: true, more };
        const value = order ? { stream_options, ...asked, model } : { model, ...asked, stream_options };
        const { body, modelSpan } = sut.toUpstream(requestOf(JSON.stringify(value)), model);
        const told = JSON.parse(body.toString()) as Record<string, unknown>;
        const expected = { ...stream_options, include_usage: true };
        expect(told).toEqual(JSON.parse(JSON.stringify({ ...value, stream_options: expected })));
        expect(JSON.parse(body.toString('utf8', modelSpan.start, modelSpan.end))).toBe(model);
      }),
    );
  });
});

describe('the answer of an upstream that has chats', () => {
  const silent: UsageMeter = {
    onEvent: () => undefined,
    onBody: () => undefined,
    read: (): MeterReading => {
      throw new Error('Nobody asks');
    },
  };
  const STREAMED = '{"model":"m","messages":[],"stream":true}';

  /** What the client gets of these bytes, cut so. */
  const told = async (bytes: Buffer, sizes: Iterator<number>, meter = silent): Promise<string> => {
    const translator = sut.openStream(requestOf(STREAMED));
    if (translator === null) throw new Error('The usage is to be left out');
    let at = 0;
    const read = (): Promise<Buffer | null> => {
      const chunk = bytes.subarray(at, at + Number(sizes.next().value));
      at += chunk.length;
      return Promise.resolve(chunk.length === 0 ? null : chunk);
    };
    const body = new TranslatedBody({ read, abort: () => undefined }, translator, meter);
    const parts: Buffer[] = [];
    for (let part = await body.read(); part !== null; part = await body.read()) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  const atOnce = (): Iterator<number> => [1_000_000, 1_000_000].values();

  it('goes to a client that has asked for the usage as it comes', () => {
    const asked = '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}';
    expect(sut.openStream(requestOf(asked))).toBeNull();
  });

  it('goes to any other one without the usage, which the gateway reads', async () => {
    const seen: StreamEvent[] = [];
    const meter = { ...silent, onEvent: (event: StreamEvent) => seen.push(event) };
    expect(await told(Buffer.from(CHUNK + USAGE + DONE), atOnce(), meter)).toBe(CHUNK + DONE);
    expect(seen.map(({ data }) => `data: ${data}\n\n`)).toEqual([CHUNK, USAGE, DONE]);
  });

  it.each([
    'data: {"choices":[],"prompt_filter_results":[]}\n\n',
    'data: {"choices":[],"usage":null}\n\n',
    'data: {"choices":[{"delta":{}}],"usage":{"prompt_tokens":3}}\n\n',
    'data: {"error":{"message":"\\"usage\\""}}\n\n',
    'data: "usage"\n\n',
    'event: new\ndata: something\ndata: else\n\n',
    ': a comment\n\n',
    'data: [DONE]\r\n\r\n',
  ])('leaves alone %j', async (bytes) => {
    expect(await told(Buffer.from(bytes), atOnce())).toBe(bytes);
  });

  it('leaves alone every other byte, however they are cut', async () => {
    const pieces = fc.array(
      fc.constantFrom(
        CHUNK,
        USAGE,
        ': ping\n\n',
        ': ping\n',
        'data: {"a" : "ü\u{1f642}"}\r\n\r\n',
        'event: x\ndata:1\rdata: 2\r\r',
        DONE,
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(pieces, fc.infiniteStream(fc.integer({ min: 1, max: 60 })), async (events, sizes) => {
        const kept = events.filter((event) => event !== USAGE).join('');
        const got = await told(Buffer.from(events.join('')), sizes);
        // A comment that comes in one piece with the usage goes with it.
        expect(got.replaceAll(': ping\n\n', '').replaceAll(': ping\n', '')).toBe(
          kept.replaceAll(': ping\n\n', '').replaceAll(': ping\n', ''),
        );
      }),
    );
  });

  it('passes on a comment when it comes', async () => {
    const translator = sut.openStream(requestOf(STREAMED));
    const chunks = [Buffer.from(': ping\n\n'), Buffer.from(CHUNK.slice(0, 9)), Buffer.from(CHUNK.slice(9)), null];
    const source = { read: () => Promise.resolve(chunks.shift() ?? null), abort: () => undefined };
    if (translator === null) throw new Error('The usage is to be left out');
    const body = new TranslatedBody(source, translator, silent);
    expect(String(await body.read())).toBe(': ping\n\n');
    expect(String(await body.read())).toBe('');
    expect(String(await body.read())).toBe(CHUNK);
  });

  it('is the very same where it came whole, and so is a refusal', () => {
    const body = Buffer.from('{"choices":[]}');
    expect(sut.toClient(body, requestOf(STREAMED))).toBe(body);
    expect(sut.refusalToClient(body)).toBe(body);
  });
});
