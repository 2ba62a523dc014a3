import { describe, expect, it } from '@jest/globals';
import { MOST_TOKENS_TOLD, NO_TOKENS, type MeterReading, type TokenUsage } from '@crs/extension-api';
import { SseDecoder } from '@crs/sse';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { OpenAiUsageMeter } from './usage-meter.js';

function readStream(name: string): MeterReading {
  const sut = new OpenAiUsageMeter();
  const bytes = readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url));
  for (const event of new SseDecoder().push(bytes)) sut.onEvent(event);
  return sut.read();
}

function readEvents(...events: readonly (readonly [string | null, unknown])[]): MeterReading {
  const sut = new OpenAiUsageMeter();
  for (const [event, data] of events)
    sut.onEvent({ event, data: typeof data === 'string' ? data : JSON.stringify(data) });
  return sut.read();
}

function readBody(body: unknown): MeterReading {
  const sut = new OpenAiUsageMeter();
  sut.onBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  return sut.read();
}

const NOTHING: MeterReading = {
  usage: NO_TOKENS,
  model: null,
  final: false,
  started: false,
  inputKnown: false,
  outputKnown: false,
  outputBytes: 0,
  speed: null,
  serviceTier: null,
};
const ALL_KNOWN = { final: true, started: true, inputKnown: true, outputKnown: true, speed: null };
const tokens = (inputTokens: number, cacheReadTokens: number, outputTokens: number, written = 0): TokenUsage => ({
  ...NO_TOKENS,
  inputTokens,
  cacheReadTokens,
  outputTokens,
  cacheCreateTokens: written,
});
const completed = (usage: unknown): readonly [string, unknown] => ['response.completed', { response: { usage } }];
const chunk = (fields: object): readonly [null, unknown] => [null, { object: 'chat.completion.chunk', ...fields }];
const TEXT_BYTES = Buffer.byteLength('Hello "dü".');

describe('OpenAiUsageMeter', () => {
  it('reads a whole answer: what was cached is no input, what was thought is output', () => {
    expect(readStream('text')).toEqual({
      ...ALL_KNOWN,
      usage: tokens(800, 200, 50),
      model: 'gpt-5-mini-2025-08-07',
      outputBytes: TEXT_BYTES,
      serviceTier: 'default',
    });
  });

  it('reads an incomplete answer: what was written to the cache counts there alone', () => {
    expect(readStream('tool-call')).toEqual({
      ...ALL_KNOWN,
      usage: tokens(4000 - 1024 - 2048, 1024, 700, 2048),
      model: 'gpt-5.6-sol',
      outputBytes: Buffer.byteLength('**Thinking**{"command":[1]}'),
      serviceTier: 'priority',
    });
  });

  it('knows the model and the text of an answer that breaks off', () => {
    const { model, outputBytes, final, started, inputKnown } = readStream('cut');
    expect([model, outputBytes, final, started, inputKnown]).toEqual([
      'gpt-5-mini-2025-08-07',
      TEXT_BYTES,
      false,
      false,
      false,
    ]);
  });

  it('reads a failure with figures and one without', () => {
    expect(readStream('failed')).toMatchObject({ final: false, started: false, usage: NO_TOKENS });
    const usage = { input_tokens: 7, output_tokens: 2 };
    expect(readEvents(['response.failed', { response: { usage } }])).toMatchObject({
      final: true,
      usage: tokens(7, 0, 2),
    });
  });

  it('reads chat completions that the upstream answers by itself', () => {
    expect(readStream('chat')).toEqual({
      ...ALL_KNOWN,
      usage: tokens(800, 200, 50),
      model: 'gpt-5-mini-2025-08-07',
      outputBytes: TEXT_BYTES,
      serviceTier: 'default',
    });
  });

  it('takes figures in every chunk for final with the end of the answer only', () => {
    const counted = (completion_tokens: number, finish_reason: string | null) =>
      chunk({ choices: [{ finish_reason }], usage: { prompt_tokens: 9, completion_tokens } });
    expect(readEvents(counted(1, null), counted(2, null))).toMatchObject({ final: false, usage: tokens(9, 0, 2) });
    expect(readEvents(counted(1, null), counted(3, 'stop'))).toMatchObject({ final: true, usage: tokens(9, 0, 3) });
  });

  it('counts every kind of text in a chunk', () => {
    const delta = {
      content: 'ab',
      refusal: 'c',
      reasoning_content: 'd',
      reasoning: 'e',
      tool_calls: [{ function: { arguments: '{}' } }, null, 'x', { custom: { input: 'abc' } }],
      function_call: { arguments: 'ab' },
      audio: { data: 'UklGRg==', transcript: 'a' },
    };
    expect(readEvents(chunk({ model: 'm', choices: [{ delta }, null, { delta: 1 }] })).outputBytes).toBe(13);
    expect(readEvents(chunk({ model: 'm' }), [null, '{"chat.completion.chunk"']).outputBytes).toBe(0);
  });

  it.each([
    ['a name alone', { tool_calls: [{ function: { name: 'f', arguments: '' } }] }, 1],
    ['what nobody knows yet', { pictures: [{ url: 'data:' }] }, 1],
    ['the role alone', { role: 'assistant', content: '', refusal: null, tool_calls: [] }, 0],
  ])('knows whether something was generated where a chunk has %s', (_, delta, bytes) => {
    expect(readEvents(chunk({ model: 'm', choices: [{ delta, finish_reason: null }] })).outputBytes).toBe(bytes);
  });

  it.each([
    ['a response', { object: 'response', output: [], usage: { input_tokens: 9, output_tokens: 2 } }],
    ['a compaction', { object: 'response.compaction', output: [], usage: { input_tokens: 9, output_tokens: 2 } }],
    ['a chat completion', { choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } }],
  ])('reads the body of %s', (_, body) => {
    expect(readBody({ model: 'm', service_tier: 'flex', ...body })).toEqual({
      ...ALL_KNOWN,
      usage: tokens(9, 0, 2),
      model: 'm',
      outputBytes: 0,
      serviceTier: 'flex',
    });
  });

  it.each(['', '{', '[]', 'null', '{"error":{"message":"no"}}', '{"usage":null}', '{"usage":7}'])(
    'reads nothing in the body %s',
    (body) => {
      expect(readBody(body)).toEqual(NOTHING);
    },
  );

  it.each([
    ['response.completed', 'no JSON'],
    ['response.completed', '{"response":7}'],
    ['response.unheard.of', '{"response":{"usage":{"input_tokens":1}}}'],
    [null, '[DONE]'],
    [null, ''],
  ])('reads nothing in the event %s with %s', (event, data) => {
    expect(readEvents([event, data])).toEqual(NOTHING);
  });

  it.each([
    ['response.output_text.delta', '{"delta":{"delta":7}}'],
    ['response.output_text.delta', 'no JSON'],
    ['response.output_item.done', 'no JSON'],
    ['response.output_item.done', '{"item":{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"}}'],
    ['response.unheard_of.done', '{}'],
  ])('knows by the event %s that something was generated, where %s tells no text', (event, data) => {
    expect(readEvents([event, data])).toEqual({ ...NOTHING, outputBytes: 1 });
  });

  const item = (fields: object): readonly [string, unknown] => ['response.output_item.done', { item: fields }];
  const message = (text: string) => item({ type: 'message', content: [{ type: 'output_text', text }] });

  it.each<[string, readonly [string, unknown], number]>([
    ['a message', message('dü'), 3],
    ['a refusal', item({ type: 'message', content: [{ type: 'refusal', refusal: 'no' }, null, 7] }), 2],
    ['a thought', item({ type: 'reasoning', summary: [{ text: 'ab' }], content: [{ text: 'cd' }] }), 4],
    ['a call', item({ type: 'function_call', name: 'f', arguments: '{}' }), 2],
    ['a call of a tool of its own kind', item({ type: 'custom_tool_call', input: 'abc' }), 3],
    ['a program', item({ type: 'code_interpreter_call', code: '1+1', outputs: [{ text: 'no output' }] }), 3],
    ['a text', ['response.output_text.done', { text: 'dü' }], 3],
    ['the arguments of a call', ['response.function_call_arguments.done', { arguments: '{}' }], 2],
    ['a transcript', ['response.output_audio_transcript.done', { transcript: 'abc' }], 3],
    ['a part', ['response.content_part.done', { part: { type: 'output_text', text: 'abc' } }], 3],
    ['a picture', item({ type: 'image_generation_call', result: 'A'.repeat(9000) }), 272 * 4],
    [
      'a picture that is not finished',
      ['response.image_generation_call.partial_image', { partial_image_b64: 'A'.repeat(9000) }],
      100 * 4,
    ],
    ['a piece of sound', ['response.audio.delta', { delta: 'UklGRg==' }], 4],
    ['another piece of sound', ['response.output_audio.delta', { delta: 'UklGRg==' }], 4],
  ])('counts %s that comes without deltas', (_, event, bytes) => {
    expect(readEvents(event).outputBytes).toBe(bytes);
  });

  it('counts no text twice that comes in pieces, as a text, as a part and as an item', () => {
    const part = { type: 'output_text', text: 'abcd' };
    const told = [
      ['response.output_text.delta', { delta: 'ab' }],
      ['response.output_text.delta', { delta: 'cd' }],
      ['response.output_text.done', { text: 'abcd' }],
      ['response.content_part.done', { part }],
      message('abcd'),
    ] as const;
    expect(readEvents(...told).outputBytes).toBe(4);
    expect(readEvents(...told, message('ef')).outputBytes).toBe(6);
    expect(readEvents(message('ef'), ...told).outputBytes).toBe(6);
    expect(readEvents(...told, ['response.audio.delta', {}]).outputBytes).toBe(8);
  });

  it('counts no picture for the text beside it', () => {
    const picture = item({ type: 'image_generation_call', result: 'A', revised_prompt: 'a very long prompt' });
    expect(readEvents(picture, picture, message('ef')).outputBytes).toBe(2 * 272 * 4 + 2);
  });

  it('knows events without a name by their data', () => {
    const text = '{"sequence_number":1,"type":"response.output_text.delta","delta":"dü"}';
    const end = '{"type": "response.completed","response":{"usage":{"input_tokens":1,"output_tokens":2}}}';
    expect(readEvents([null, text], [null, end])).toMatchObject({
      outputBytes: 3,
      usage: tokens(1, 0, 2),
      final: true,
    });
  });

  it('never lets an input go below nothing', () => {
    const usage = { input_tokens: 5, input_tokens_details: { cached_tokens: 9 }, output_tokens: 1 };
    expect(readEvents(completed(usage)).usage).toEqual(tokens(0, 9, 1));
  });

  it.each([
    ['no figures', {}, [false, false, false]],
    ['an input alone', { input_tokens: 3 }, [true, false, false]],
    ['an input of nothing', { input_tokens: 0, output_tokens: 0 }, [true, true, true]],
    ['an output alone', { output_tokens: 3 }, [false, true, true]],
    ['an input that is no count', { input_tokens: 1.5, output_tokens: 3 }, [false, true, true]],
    ['an input beyond belief', { input_tokens: MOST_TOKENS_TOLD + 1, output_tokens: 3 }, [false, true, true]],
    [
      'a cached input that is no count',
      { input_tokens: 3, input_tokens_details: { cached_tokens: '1' }, output_tokens: 3 },
      [false, true, true],
    ],
    [
      'a written input that is no count',
      { input_tokens: 3, input_tokens_details: { cache_write_tokens: -1 }, output_tokens: 3 },
      [false, true, true],
    ],
    [
      'a cached input that was not told',
      { input_tokens: 3, input_tokens_details: { cached_tokens: null }, output_tokens: 3 },
      [true, true, true],
    ],
  ])('knows what %s tells', (_, usage, expected) => {
    const { inputKnown, outputKnown, final } = readEvents(completed(usage));
    expect([inputKnown, outputKnown, final]).toEqual(expected);
  });

  it('counts the bytes of any text, however the upstream writes it', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.boolean(), (delta, spaced) => {
        const indent = spaced ? 1 : 0;
        const event = JSON.stringify({ type: 'response.output_text.delta', delta, logprobs: [] }, null, indent);
        const piece = JSON.stringify(
          { object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta: { content: delta } }] },
          null,
          indent,
        );
        const bytes = Buffer.byteLength(delta);
        expect(readEvents([null, event]).outputBytes).toBe(Math.max(1, bytes));
        expect(readEvents([null, piece], [null, piece]).outputBytes).toBe(2 * bytes);
      }),
    );
  });

  it('counts each token of the input in one class', () => {
    const count = fc.nat(10_000);
    fc.assert(
      fc.property(count, count, count, count, (fresh, cached_tokens, cache_write_tokens, output_tokens) => {
        const input_tokens = fresh + cached_tokens + cache_write_tokens;
        const usage = {
          input_tokens,
          input_tokens_details: { cached_tokens, cache_write_tokens },
          output_tokens,
        };
        expect(readBody({ usage }).usage).toEqual(tokens(fresh, cached_tokens, output_tokens, cache_write_tokens));
      }),
    );
  });
});
