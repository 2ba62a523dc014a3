import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyChatRequest } from '../../../../test/support/any-chat-request.js';
import { readChatRequest } from './chat-request.reader.js';
import { toResponsesBody } from './responses-request.js';

type Json = Readonly<Record<string, unknown>>;

const translated = (change: Json): Json => {
  const body = { model: 'asked', messages: [{ role: 'user', content: 'Hello' }], ...change };
  return toResponsesBody(readChatRequest(Buffer.from(JSON.stringify(body))), 'gpt-5');
};
const itemsOf = (...messages: readonly Json[]): unknown => translated({ messages })['input'];
const HELLO = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] };

describe('a chat request put to Responses', () => {
  it('says nothing that the client has not said, but that nothing is to be stored', () => {
    expect(translated({})).toEqual({ model: 'gpt-5', input: [HELLO], store: false, stream: false });
  });

  it.each<[Json, Json]>([
    [{ stream: true }, { stream: true }],
    [{ max_tokens: 100 }, { max_output_tokens: 100 }],
    [{ max_tokens: 100, max_completion_tokens: 50 }, { max_output_tokens: 50 }],
    [{ max_tokens: 1 }, { max_output_tokens: 16 }],
    [{ reasoning_effort: 'minimal' }, { reasoning: { effort: 'minimal' } }],
    [{ verbosity: 'low' }, { text: { verbosity: 'low' } }],
    [
      { temperature: 0, top_p: 0.5 },
      { temperature: 0, top_p: 0.5 },
    ],
    [{ parallel_tool_calls: false }, { parallel_tool_calls: false }],
    [{ user: 'u' }, { user: 'u' }],
    [{ safety_identifier: 's', user: 'u' }, { user: 's' }],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [
      { prompt_cache_key: 'k', service_tier: 'flex' },
      { prompt_cache_key: 'k', service_tier: 'flex' },
    ],
    [{ response_format: { type: 'text' } }, {}],
    [{ response_format: { type: 'json_object' } }, { text: { format: { type: 'json_object' } } }],
    [{ stop: null, store: true, n: 1 }, {}],
  ])('%j becomes %j', (asked, expected) => {
    expect(translated(asked)).toEqual({ model: 'gpt-5', input: [HELLO], store: false, stream: false, ...expected });
  });

  it('asks for a schema with all that was said of it', () => {
    const schema = { type: 'object', properties: {} };
    const format = (json_schema: Json): unknown =>
      translated({ response_format: { type: 'json_schema', json_schema } });
    expect(format({ name: 'n', schema })).toHaveProperty('text', {
      format: { type: 'json_schema', name: 'n', schema },
    });
    const full = { name: 'n', description: 'd', schema, strict: true };
    expect(format(full)).toHaveProperty('text', { format: { type: 'json_schema', ...full } });
  });

  it('offers tools, which are strict only where the client said so', () => {
    const parameters = { type: 'object', properties: { a: {} } };
    const tools = [
      { type: 'function', function: { name: 'a', description: 'd', parameters, strict: true } },
      { type: 'function', function: { name: 'b' } },
    ];
    expect(translated({ tools, tool_choice: 'required' })).toMatchObject({
      tools: [
        { type: 'function', name: 'a', description: 'd', parameters, strict: true },
        { type: 'function', name: 'b', parameters: { type: 'object', properties: {} }, strict: false },
      ],
      tool_choice: 'required',
    });
    const named = { type: 'function', function: { name: 'b' } };
    expect(translated({ tools, tool_choice: named })).toHaveProperty('tool_choice', { type: 'function', name: 'b' });
  });

  it('asks for an object where nothing more is said of a schema', () => {
    for (const json_schema of [{ name: 'n' }, { name: 'n', schema: {} }]) {
      expect(translated({ response_format: { type: 'json_schema', json_schema } })).toHaveProperty('text', {
        format: { type: 'json_schema', name: 'n', schema: { type: 'object' } },
      });
    }
  });

  it.each([undefined, null, {}])(
    'says of a strict function with the parameters %j that it takes nothing',
    (parameters) => {
      const ask = (strict: boolean): unknown =>
        translated({ tools: [{ type: 'function', function: { name: 'a', parameters, strict } }] })['tools'];
      const empty = { type: 'object', properties: {} };
      expect(ask(true)).toMatchObject([{ strict: true, parameters: { ...empty, additionalProperties: false } }]);
      expect(ask(false)).toEqual([{ type: 'function', name: 'a', strict: false, parameters: empty }]);
    },
  );

  it('keeps instructions where they stand in the conversation', () => {
    const told = itemsOf(
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Hello' },
      { role: 'developer', content: [{ type: 'text', text: 'Be long.' }] },
    );
    expect(told).toEqual([
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be short.' }] },
      HELLO,
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be long.' }] },
    ]);
  });

  it('shows pictures and files', () => {
    const url = 'data:image/png;base64,iVBORw==';
    const file_data = 'data:application/pdf;base64,JVBERg==';
    const content = [
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'file', file: { file_data, filename: 'a.pdf' } },
      { type: 'file', file: { file_data } },
    ];
    expect(itemsOf({ role: 'user', content })).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look:' },
          { type: 'input_image', image_url: url, detail: 'auto' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
          { type: 'input_file', filename: 'a.pdf', file_data },
          { type: 'input_file', file_data },
        ],
      },
    ]);
  });

  it('tells calls and what came of them as items of their own', () => {
    const call = (id: string): Json => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1}' } });
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const told = itemsOf(
      { role: 'assistant', content: 'I look.', tool_calls: [call('call_1'), call('call_2')] },
      {
        role: 'tool',
        tool_call_id: 'call_1',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'this' }, image] },
      { role: 'assistant', content: '', tool_calls: [call('call_3')] },
      { role: 'tool', tool_call_id: 'call_3', content: '' },
    );
    const called = (call_id: string): Json => ({ type: 'function_call', call_id, name: 'f', arguments: '{"a":1}' });
    expect(told).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
      called('call_1'),
      called('call_2'),
      { type: 'function_call_output', call_id: 'call_1', output: 'one\ntwo' },
      {
        type: 'function_call_output',
        call_id: 'call_2',
        output: [
          { type: 'input_text', text: 'this' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
        ],
      },
      called('call_3'),
      { type: 'function_call_output', call_id: 'call_3', output: '' },
    ]);
  });

  it('refuses to stop at words, which nobody there can do', () => {
    expect(() => translated({ stop: ['END'] })).toThrow('stop: it is not supported with this model');
  });

  it('makes well-formed items of any conversation', () => {
    const texts = { user: 'input_text', developer: 'input_text', assistant: 'output_text' };
    fc.assert(
      fc.property(anyChatRequest, ({ stop: _stop, ...body }) => {
        const { input, ...rest } = translated(body);
        expect(Object.values(rest)).not.toContain(null);
        const open = new Set<unknown>();
        for (const item of input as readonly Json[]) {
          expect(['message', 'function_call', 'function_call_output']).toContain(item['type']);
          if (item['type'] === 'function_call') {
            expect(item).toEqual({
              type: 'function_call',
              call_id: expect.any(String),
              name: expect.any(String),
              arguments: expect.any(String),
            });
            open.add(item['call_id']);
          } else if (item['type'] === 'function_call_output') {
            expect(open.delete(item['call_id'])).toBe(true);
          } else {
            const role = item['role'] as keyof typeof texts;
            const allowed = role === 'user' ? [texts.user, 'input_image', 'input_file'] : [texts[role]];
            for (const part of item['content'] as readonly Json[]) expect(allowed).toContain(part['type']);
          }
        }
        expect(open.size).toBe(0);
      }),
    );
  });
});
