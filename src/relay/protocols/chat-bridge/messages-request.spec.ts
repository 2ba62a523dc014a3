import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyChatRequest } from '../../../../test/support/any-chat-request.js';
import { messagesFaults } from '../../../../test/support/messages-rules.js';
import type { JsonObject } from './chat-request.js';
import { readChatRequest } from './chat-request.reader.js';
import { toMessagesBody } from './messages-request.js';
import { toConversation } from './messages-turns.js';

const HELLO = { role: 'user', content: 'Hello' };
const SONNET = 'claude-sonnet-4-5';

const translate = (change: object, model = SONNET): JsonObject =>
  toMessagesBody(readChatRequest(Buffer.from(JSON.stringify({ model, messages: [HELLO], ...change }))), model, model);

const messagesOf = (...messages: readonly object[]): unknown => translate({ messages })['messages'];

const text = (said: string): object => ({ type: 'text', text: said });
const user = (...content: readonly object[]): object => ({ role: 'user', content });
const assistant = (...content: readonly object[]): object => ({ role: 'assistant', content });
const called = (id: string, json = '{"city":"Oslo"}'): object => ({
  id,
  function: { name: 'weather', arguments: json },
});
const used = (id: string, input: object = { city: 'Oslo' }): object => ({
  type: 'tool_use',
  id,
  name: 'weather',
  input,
});
const answered = (id: string, content: unknown = 'rain'): object => ({ role: 'tool', tool_call_id: id, content });
const result = (id: string): object => ({ type: 'tool_result', tool_use_id: id, content: [text('rain')] });
const tool = (change: object = {}): object => ({ type: 'function', function: { name: 'weather', ...change } });

describe('toMessagesBody', () => {
  it('tells a question, and no more', () => {
    expect(translate({})).toEqual({ model: SONNET, max_tokens: 32_000, messages: [user(text('Hello'))] });
    expect(Object.keys(translate({}))[0]).toBe('model');
  });

  it('makes of every chat a body that the protocol takes', () => {
    fc.assert(
      fc.property(anyChatRequest, (body) => {
        const model = String(body['model']);
        const told = toMessagesBody(readChatRequest(Buffer.from(JSON.stringify(body))), model, model);
        expect(messagesFaults(JSON.parse(JSON.stringify(told)) as JsonObject)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('loses no text that says something', () => {
    fc.assert(
      fc.property(anyChatRequest, (body) => {
        const chat = readChatRequest(Buffer.from(JSON.stringify(body)));
        const told = JSON.stringify(toMessagesBody(chat, SONNET, SONNET));
        for (const part of chat.messages.flatMap(({ content }) => [...content])) {
          const words = part.type === 'text' ? part.text : part.url.replace(/^data:.*,/, '');
          if (words.trim() !== '') expect(told).toContain(JSON.stringify(words).slice(1, -1));
        }
      }),
    );
  });

  it('puts instructions before the conversation, wherever they stand', () => {
    const messages = [
      { role: 'system', content: 'one' },
      HELLO,
      { role: 'developer', content: [text('two'), text(' ')] },
      { role: 'system', content: '' },
    ];
    expect(translate({ messages })).toMatchObject({
      system: [text('one'), text('two')],
      messages: [user(text('Hello'))],
    });
  });

  it('takes instructions alone for the question', () => {
    const messages = [
      { role: 'system', content: 'one' },
      { role: 'system', content: 'two' },
    ];
    expect(translate({ messages })).toEqual({
      model: SONNET,
      max_tokens: 32_000,
      messages: [user(text('one\n\ntwo'))],
    });
    expect(messagesOf({ role: 'system', content: ' ' })).toEqual([user(text('Continue.'))]);
  });

  it.each<[string, readonly object[], readonly object[]]>([
    [
      'merges what one says in several messages',
      [HELLO, HELLO, { role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }, HELLO],
      [user(text('Hello'), text('Hello')), assistant(text('a'), text('b')), user(text('Hello'))],
    ],
    [
      'lets a user speak first and last',
      [{ role: 'assistant', content: 'Hi, how can I help?' }, HELLO, { role: 'assistant', content: 'So' }],
      [
        user(text('Continue.')),
        assistant(text('Hi, how can I help?')),
        user(text('Hello')),
        assistant(text('So')),
        user(text('Continue.')),
      ],
    ],
    [
      'leaves out blank texts, and an assistant who says nothing',
      [HELLO, { role: 'assistant', content: ' ' }, { role: 'user', content: [text(''), text('x')] }],
      [user(text('Hello'), text('x'))],
    ],
    [
      'lets a user who says nothing ask to go on',
      [HELLO, { role: 'assistant', content: 'a' }, { role: 'user', content: '' }],
      [user(text('Hello')), assistant(text('a')), user(text('Continue.'))],
    ],
    [
      'tells a refusal as what was said',
      [HELLO, { role: 'assistant', content: null, refusal: 'No.' }, HELLO],
      [user(text('Hello')), assistant(text('No.')), user(text('Hello'))],
    ],
  ])('%s', (_, messages, expected) => {
    expect(messagesOf(...messages)).toEqual(expected);
  });

  it('puts the answers of tools right behind their calls', () => {
    const calls = { role: 'assistant', content: 'Let me see.', tool_calls: [called('a'), called('b')] };
    expect(messagesOf(HELLO, calls, answered('b'), answered('a'), HELLO)).toEqual([
      user(text('Hello')),
      assistant(text('Let me see.'), used('a'), used('b')),
      user(result('b'), result('a'), text('Hello')),
    ]);
  });

  it('gives each call a name that the protocol takes, once', () => {
    const turn = (id: string): object[] => [{ role: 'assistant', tool_calls: [called(id)] }, answered(id)];
    expect(messagesOf(HELLO, ...turn('f:0'), ...turn('f:0'), ...turn('f_0'))).toEqual([
      user(text('Hello')),
      assistant(used('f_0')),
      user(result('f_0')),
      assistant(used('f_0_2')),
      user(result('f_0_2')),
      assistant(used('f_0_3')),
      user(result('f_0_3')),
    ]);
  });

  it.each<[string, object]>([
    ['', {}],
    [' ', {}],
    ['{"a":[1]}', { a: [1] }],
    ['{"a":', { arguments: '{"a":' }],
    ['[1]', { arguments: '[1]' }],
    ['null', { arguments: 'null' }],
    ['"x"', { arguments: '"x"' }],
  ])('tells the arguments %j', (json, input) => {
    const calls = { role: 'assistant', tool_calls: [called('a', json)] };
    expect(messagesOf(HELLO, calls, answered('a'))).toMatchObject([{}, assistant(used('a', input)), {}]);
  });

  it('leaves the name of a call that was never made', () => {
    const { turns } = toConversation([{ role: 'tool', toolCallId: 'a', content: [] }]);
    expect(turns).toEqual([user({ type: 'tool_result', tool_use_id: 'a' })]);
  });

  it('tells an empty result, and one that shows something', () => {
    const calls = { role: 'assistant', tool_calls: [called('a'), called('b')] };
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    expect(messagesOf(HELLO, calls, answered('a', ''), answered('b', [image]))).toMatchObject([
      {},
      {},
      {
        content: [
          { type: 'tool_result', tool_use_id: 'a' },
          { tool_use_id: 'b', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] },
        ],
      },
    ]);
  });

  it('tells images and files', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,/9j/' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERg==', filename: 'a.pdf' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERg==' } },
    ];
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' };
    expect(messagesOf({ role: 'user', content })).toEqual([
      user(
        { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: '/9j/' } },
        { type: 'document', source: pdf, title: 'a.pdf' },
        { type: 'document', source: pdf },
      ),
    ]);
  });

  it.each([
    ['claude-3-opus-20240229', 4096],
    ['claude-3-5-haiku-20241022', 8192],
    ['claude-3-7-sonnet-20250219', 32_000],
    ['claude-opus-5-5', 32_000],
    ['gpt-5', 8192],
  ])('asks %s for %d tokens where the client says nothing', (model, tokens) => {
    expect(translate({}, model)['max_tokens']).toBe(tokens);
    expect(translate({ max_tokens: 7 }, model)['max_tokens']).toBe(7);
  });

  it.each<[string, object, object]>([
    ['claude-sonnet-4-5', { temperature: 0.5 }, { temperature: 0.5 }],
    ['claude-sonnet-4-20250514', { temperature: 0 }, { temperature: 0 }],
    ['claude-3-5-haiku-20241022', { top_p: 0.5 }, { top_p: 0.5 }],
    ['claude-sonnet-4-5', { temperature: 0.5, top_p: 0.5 }, { temperature: 0.5 }],
    ['claude-sonnet-4-5', { temperature: 1, top_p: 1 }, {}],
    ['claude-sonnet-4-5', { temperature: 2, top_p: 0.5 }, { top_p: 0.5 }],
    ['claude-opus-4-7', { temperature: 0.5, top_p: 0.5 }, {}],
    ['claude-opus-4.8', { temperature: 0.5 }, {}],
    ['claude-opus-5-5', { temperature: 0.5 }, {}],
    ['gpt-5', { temperature: 0.5 }, {}],
  ])('samples %s with %j by %j', (model, asked, expected) => {
    const { temperature, top_p } = translate(asked, model);
    expect(JSON.parse(JSON.stringify({ temperature, top_p }))).toEqual(expected);
  });

  it('tells tools', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [tool({ description: 'd', parameters, strict: true }), { ...tool(), function: { name: 'now' } }];
    expect(translate({ tools })).toMatchObject({
      tools: [
        { name: 'weather', description: 'd', input_schema: parameters },
        { name: 'now', input_schema: { type: 'object', properties: {} } },
      ],
    });
    expect(translate({ tools: [tool({ parameters: {} })] })).toMatchObject({
      tools: [{ name: 'weather', input_schema: { type: 'object' } }],
    });
    expect(translate({ tools })).not.toHaveProperty('tool_choice');
  });

  const one = { disable_parallel_tool_use: true };
  it.each<[unknown, unknown, object | undefined]>([
    [undefined, undefined, undefined],
    [undefined, true, undefined],
    [undefined, false, { type: 'auto', ...one }],
    ['auto', undefined, { type: 'auto' }],
    ['auto', false, { type: 'auto', ...one }],
    ['none', false, { type: 'none' }],
    ['required', true, { type: 'any' }],
    ['required', false, { type: 'any', ...one }],
    [tool(), undefined, { type: 'tool', name: 'weather' }],
    [tool(), false, { type: 'tool', name: 'weather', ...one }],
  ])('tells the choice %j, several at once: %j', (choice, parallel, expected) => {
    const body = translate({ tools: [tool()], tool_choice: choice, parallel_tool_calls: parallel });
    expect(body['tool_choice']).toEqual(expected);
  });

  it('explains tools that the conversation shows, where there are none any more', () => {
    const messages = [
      HELLO,
      { role: 'assistant', tool_calls: [called('a'), called('b')] },
      answered('a'),
      answered('b'),
    ];
    expect(translate({ messages })).toMatchObject({
      tools: [{ name: 'weather', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
    });
    expect(translate({ messages, parallel_tool_calls: false })).toMatchObject({ tool_choice: { type: 'none' } });
  });

  it.each<[object, object]>([
    [{ stop: ['a', ' ', '\n'] }, { stop_sequences: ['a'] }],
    [{ stop: '\n' }, {}],
    [{ stream: true }, { stream: true }],
    [{ stream: false }, {}],
    [{ user: 'u' }, { metadata: { user_id: 'u' } }],
    [{ user: '' }, {}],
    [{ user: 'u'.repeat(257) }, {}],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } },
      {
        output_config: {
          format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
        },
      },
    ],
    [{ response_format: { type: 'text' } }, {}],
    ...[{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'x', schema: {} } }].map(
      (response_format): [object, object] => [
        { response_format },
        { system: [text('Answer with one JSON object and nothing else: no code fence, no words around it.')] },
      ],
    ),
    [{ seed: 1, presence_penalty: 1, frequency_penalty: 1, store: true, metadata: { a: 'b' } }, {}],
    [{ reasoning_effort: 'high', verbosity: 'low', service_tier: 'flex', prompt_cache_key: 'k' }, {}],
  ])('makes of %j: %j', (change, expected) => {
    expect(translate(change)).toEqual({ ...translate({}), ...expected });
  });
});
