import { describe, expect, it } from '@jest/globals';
import { SseDecoder } from '@crs/sse';
import type { MeterReading } from '@crs/extension-api';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnthropicUsageMeter } from './usage-meter.js';

const fixture = (name: string): Buffer => readFileSync(join(__dirname, 'fixtures', name));

function readStream(bytes: Buffer): MeterReading {
  const sut = new AnthropicUsageMeter();
  for (const event of new SseDecoder().push(bytes)) sut.onEvent(event);
  return sut.read();
}

function readEvents(...events: readonly (readonly [string | null, unknown])[]): MeterReading {
  const sut = new AnthropicUsageMeter();
  for (const [event, data] of events)
    sut.onEvent({ event, data: typeof data === 'string' ? data : JSON.stringify(data) });
  return sut.read();
}

function readBody(body: unknown): MeterReading {
  const sut = new AnthropicUsageMeter();
  sut.onBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  return sut.read();
}

const NOTHING: MeterReading = {
  usage: {
    inputTokens: 0,
    outputTokens: 0,
    cacheCreateTokens: 0,
    cacheReadTokens: 0,
    ephemeral5mTokens: 0,
    ephemeral1hTokens: 0,
    hasCacheSplit: false,
  },
  model: null,
  final: false,
  started: false,
  inputKnown: false,
  outputKnown: false,
  outputBytes: 0,
  speed: null,
  serviceTier: null,
};

const START_USAGE = {
  inputTokens: 26,
  outputTokens: 1,
  cacheCreateTokens: 22,
  cacheReadTokens: 47,
  ephemeral5mTokens: 11,
  ephemeral1hTokens: 11,
  hasCacheSplit: true,
};
const STARTED = {
  model: 'claude-opus-5-5',
  started: true,
  inputKnown: true,
  outputKnown: true,
  speed: null,
  serviceTier: 'standard',
};

const start = (usage: unknown, model: unknown = 'm'): readonly [string, unknown] => [
  'message_start',
  { type: 'message_start', message: { model, usage } },
];
const delta = (usage: unknown): readonly [string, unknown] => ['message_delta', { type: 'message_delta', usage }];
const piece = (fields: object): object => ({ type: 'content_block_delta', index: 0, delta: fields });

describe('AnthropicUsageMeter', () => {
  it.each<[string, string, MeterReading]>([
    [
      'a whole answer',
      'text.sse',
      { ...STARTED, usage: { ...START_USAGE, outputTokens: 3 }, final: true, outputBytes: 12 },
    ],
    [
      'thinking, text and the input of a tool',
      'thinking-tool-use.sse',
      { ...STARTED, usage: { ...START_USAGE, outputTokens: 23 }, final: true, outputBytes: 35 + 39 + 17 },
    ],
    ['an answer that was cut off', 'truncated.sse', { ...STARTED, usage: START_USAGE, final: false, outputBytes: 24 }],
    [
      'an answer that failed half way',
      'mid-error.sse',
      { ...STARTED, usage: START_USAGE, final: false, outputBytes: 24 },
    ],
    ['an answer that failed at once', 'early-error.sse', NOTHING],
  ])('reads a stream: %s', (_, name, expected) => {
    expect(readStream(fixture(name))).toEqual(expected);
  });

  it('reads a whole body', () => {
    const sut = new AnthropicUsageMeter();
    sut.onBody(fixture('message.json'));
    expect(sut.read()).toEqual({ ...STARTED, usage: { ...START_USAGE, outputTokens: 3 }, final: true, outputBytes: 0 });
  });

  it('overlays what message_start said by what message_delta says, field by field', () => {
    const reading = readEvents(
      start({
        input_tokens: 5,
        cache_creation_input_tokens: 7,
        cache_read_input_tokens: 9,
        output_tokens: 1,
        speed: 'standard',
      }),
      delta({
        input_tokens: 0,
        cache_read_input_tokens: null,
        output_tokens: 40,
        speed: 'fast',
        service_tier: 'priority',
      }),
      delta({ output_tokens: 44 }),
    );
    expect(reading).toEqual({
      ...NOTHING,
      usage: { ...NOTHING.usage, inputTokens: 0, outputTokens: 44, cacheCreateTokens: 7, cacheReadTokens: 9 },
      model: 'm',
      final: true,
      started: true,
      inputKnown: true,
      outputKnown: true,
      speed: 'fast',
      serviceTier: 'priority',
    });
  });

  it('counts the classes of cache writes where they are told, whatever the sum beside them says', () => {
    const split = readBody({
      model: 'm',
      usage: { cache_creation_input_tokens: 1, cache_creation: { ephemeral_1h_input_tokens: 30 } },
    });
    expect(split.usage).toEqual({
      ...NOTHING.usage,
      cacheCreateTokens: 30,
      ephemeral1hTokens: 30,
      hasCacheSplit: true,
    });
    const later = readEvents(
      start({}),
      delta({ cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 3 } }),
    );
    expect(later.usage.cacheCreateTokens).toBe(7);
  });

  it.each<[string, readonly (readonly [string | null, unknown])[], boolean]>([
    ['final once the output is told', [start({ input_tokens: 1 }), delta({ output_tokens: 2 })], true],
    ['not final by a stop alone', [start({ input_tokens: 1 }), ['message_stop', { type: 'message_stop' }]], false],
    ['not final at its start', [start({ input_tokens: 1, output_tokens: 1 })], false],
    ['not final by a delta without output', [start({ input_tokens: 1 }), delta({ input_tokens: 1 })], false],
  ])('calls an answer %s', (_, events, final) => {
    expect(readEvents(...events).final).toBe(final);
  });

  it('knows events that come without a name by their data', () => {
    const [, startData] = start({ input_tokens: 3 });
    const [, deltaData] = delta({ output_tokens: 2 });
    const text = '"type":"message_stop"';
    const reading = readEvents(
      [null, startData],
      [null, piece({ type: 'text_delta', text })],
      [null, deltaData],
      [null, { type: 'ping' }],
    );
    expect(reading).toMatchObject({
      usage: { inputTokens: 3, outputTokens: 2 },
      outputBytes: text.length,
      final: true,
    });
    expect(readEvents([null, { type: 'x', text }]).final).toBe(false);
  });

  it.each([
    ['a text', { type: 'text', text: 'dü' }, 3],
    ['a thought', { type: 'thinking', thinking: 'ab', signature: 'xyz' }, 2],
    ['a call', { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }, 7],
    ['a call that goes on', { type: 'tool_use', id: 't', name: 'f', input: {} }, 0],
    ['a result of the upstream’s own tool', { type: 'web_search_tool_result', content: [{ text: 'x' }] }, 0],
  ])('counts %s that comes whole', (_, content_block, bytes) => {
    const started = { type: 'content_block_start', index: 0, content_block };
    expect(readEvents(['content_block_start', started]).outputBytes).toBe(bytes);
    expect(readEvents([null, started]).outputBytes).toBe(bytes);
    expect(readEvents(['content_block_start', { type: 'content_block_start' }]).outputBytes).toBe(0);
  });

  it('does not count signatures and what it does not know as output', () => {
    const reading = readEvents(
      ['content_block_delta', piece({ type: 'signature_delta', signature: 'x'.repeat(500) })],
      ['content_block_delta', piece({ type: 'citations_delta', citation: { cited_text: 'x' } })],
      ['content_block_delta', '{"broken'],
      ['content_block_delta', 'null'],
      ['content_block_delta', '{"delta":null}'],
    );
    expect(reading.outputBytes).toBe(0);
  });

  it('counts exactly the bytes of generated text, however the event is written', () => {
    const kinds = [
      ['text_delta', 'text'],
      ['thinking_delta', 'thinking'],
      ['input_json_delta', 'partial_json'],
    ] as const;
    const pieces = fc.array(
      fc.tuple(
        fc.constantFrom(...kinds),
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.json()),
        fc.constantFrom(undefined, 1),
      ),
    );
    fc.assert(
      fc.property(pieces, fc.constantFrom('', '   '), (list, padding) => {
        const events = list.map(([[type, field], text, indent]) => {
          const data = JSON.stringify(piece({ type, [field]: text }), null, indent);
          return ['content_block_delta', data.replace(/}$/, `${padding}}`)] as const;
        });
        const bytes = list.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
        expect(readEvents(...events).outputBytes).toBe(bytes);
      }),
    );
  });

  it.each([
    ['no JSON', 'nope'],
    ['no object', '[]'],
    ['a body that is cut off', '{"model":"m","usage":{"input_tokens":1}'],
    ['members that are no JSON', '{"model":m,"usage":{x}}'],
    ['figures of other types', '{"model":7,"usage":"none"}'],
    ['the answer of count_tokens', '{"input_tokens":95}'],
  ])('leaves out what it cannot read: %s', (_, body) => {
    expect(readBody(body)).toEqual(NOTHING);
  });

  it.each([['12'], [-1], [1.5], [1e300], [100_000_001], [null], [{}]])('takes %j for no figure', (value) => {
    expect(readBody({ usage: { input_tokens: value } })).toEqual({ ...NOTHING, final: true });
    expect(readEvents(delta({ output_tokens: value }))).toEqual(NOTHING);
  });

  it.each<[string, object, readonly [boolean, boolean]]>([
    ['both', { input_tokens: 5, output_tokens: 5 }, [true, true]],
    [
      'both, all of the input from the cache',
      { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 9 },
      [true, true],
    ],
    ['both, the most that is believed', { input_tokens: 1e8, output_tokens: 1e8 }, [true, true]],
    ['only the output', { output_tokens: 5 }, [false, true]],
    ['only the input', { input_tokens: 5 }, [true, false]],
    ['an input that is none', { input_tokens: 1e30, output_tokens: 5 }, [false, true]],
    ['an output that is none', { input_tokens: 5, output_tokens: Number.MAX_SAFE_INTEGER }, [true, false]],
    ['cached input that is none', { input_tokens: 5, output_tokens: 5, cache_read_input_tokens: -5 }, [false, true]],
    [
      'a class of cache writes that is none',
      { input_tokens: 5, output_tokens: 5, cache_creation: { ephemeral_1h_input_tokens: 1e9 } },
      [false, true],
    ],
  ])('knows which side was told: %s', (_, usage, [inputKnown, outputKnown]) => {
    expect(readBody({ usage })).toMatchObject({ inputKnown, outputKnown });
    expect(readEvents(start({}), delta(usage))).toMatchObject({ inputKnown, outputKnown });
  });

  it('knows a side that was told once, whatever comes before or after it', () => {
    const none = { input_tokens: -5, cache_read_input_tokens: 1e30 };
    const told = { input_tokens: 5, cache_read_input_tokens: 9 };
    for (const events of [
      [start(none), delta(told)],
      [start(told), delta(none)],
    ]) {
      expect(readEvents(...events)).toMatchObject({ inputKnown: true, usage: { inputTokens: 5, cacheReadTokens: 9 } });
    }
  });

  it('takes a later event without usage or with an empty model for no news', () => {
    const reading = readEvents(
      start({ input_tokens: 3 }),
      start(null, ''),
      ['message_start', {}],
      ['message_delta', 'null'],
      ['message_delta', {}],
    );
    expect(reading).toMatchObject({ usage: { inputTokens: 3 }, model: 'm', final: false });
  });
});
