import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyChatRequest } from '../../../../test/support/any-chat-request.js';
import type { ChatRequest } from './chat-request.js';
import { includesUsage, readChatRequest } from './chat-request.reader.js';

const HELLO = { role: 'user', content: 'Hello' };
const PNG = 'data:image/png;base64,iVBORw==';
const PDF = 'data:application/pdf;base64,JVBERg==';

const read = (change: object): ChatRequest =>
  readChatRequest(Buffer.from(JSON.stringify({ model: 'm', messages: [HELLO], ...change })));

const readMessages = (...messages: readonly unknown[]): ChatRequest['messages'] => read({ messages }).messages;

const call = (change: object = {}): object => ({ id: 'call_1', function: { name: 'f', arguments: '{}' }, ...change });
const calls = (...given: readonly object[]): object => ({ role: 'assistant', tool_calls: given });
const answer = (id: string): object => ({ role: 'tool', tool_call_id: id, content: 'done' });
const tool = (name: string, change: object = {}): object => ({ type: 'function', function: { name, ...change } });

describe('readChatRequest', () => {
  it('reads a request that says nothing but the question', () => {
    expect(read({})).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      tools: [],
      toolChoice: null,
      parallelToolCalls: null,
      responseFormat: null,
      maxTokens: null,
      temperature: null,
      topP: null,
      stop: [],
      stream: false,
      includeUsage: false,
      reasoningEffort: null,
      verbosity: null,
      user: null,
      metadata: null,
      serviceTier: null,
      promptCacheKey: null,
    });
  });

  it('takes null for a member that is left out', () => {
    const names = [
      'tools',
      'tool_choice',
      'stop',
      'n',
      'logprobs',
      'temperature',
      'stream_options',
      'user',
      'functions',
    ];
    expect(read(Object.fromEntries(names.map((name) => [name, null])))).toEqual(read({}));
  });

  it('reads every setting', () => {
    const settings = {
      max_tokens: 5,
      max_completion_tokens: 7,
      temperature: 0.5,
      top_p: 0.25,
      stop: ['a', '', ' '],
      stream: true,
      stream_options: { include_usage: true },
      parallel_tool_calls: false,
      reasoning_effort: 'high',
      verbosity: 'low',
      user: 'old',
      safety_identifier: 'new',
      metadata: { a: 'b' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      seed: 1,
      presence_penalty: 2,
    };
    expect(read(settings)).toMatchObject({
      maxTokens: 7,
      temperature: 0.5,
      topP: 0.25,
      stop: ['a', ' '],
      stream: true,
      includeUsage: true,
      parallelToolCalls: false,
      reasoningEffort: 'high',
      verbosity: 'low',
      user: 'new',
      metadata: { a: 'b' },
      serviceTier: 'flex',
      promptCacheKey: 'k',
    });
    expect(read({ max_tokens: 5, user: 'old', stop: 'x', stream_options: {} })).toMatchObject({
      maxTokens: 5,
      user: 'old',
      stop: ['x'],
      includeUsage: false,
    });
  });

  it('takes what asks for nothing that cannot be had', () => {
    const asked = { n: 1, logprobs: false, top_logprobs: 0, logit_bias: {}, modalities: ['text'] };
    expect(read(asked)).toEqual(read({}));
  });

  it('reads messages of every role', () => {
    const told = readMessages(
      { role: 'system', content: 'a' },
      { role: 'developer', content: [{ type: 'text', text: 'b' }] },
      { role: 'user', content: [{ type: 'text', text: 'c' }], name: 'Ann' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'd' }], refusal: 'e' },
      { ...calls(call({ type: 'function' }), call({ id: 'call_2', function: { name: 'g' } })), content: null },
      answer('call_2'),
      { role: 'tool', tool_call_id: 'call_1', content: null },
    );
    const text = (said: string): object => ({ type: 'text', text: said });
    expect(told).toEqual([
      { role: 'system', content: [text('a')] },
      { role: 'developer', content: [text('b')] },
      { role: 'user', content: [text('c')] },
      { role: 'assistant', content: [text('d'), text('e')], toolCalls: [] },
      {
        role: 'assistant',
        content: [],
        toolCalls: [
          { id: 'call_1', name: 'f', arguments: '{}' },
          { id: 'call_2', name: 'g', arguments: '' },
        ],
      },
      { role: 'tool', toolCallId: 'call_2', content: [text('done')] },
      { role: 'tool', toolCallId: 'call_1', content: [] },
    ]);
  });

  it('reads images and files', () => {
    const content = [
      { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
      { type: 'image_url', image_url: { url: 'data:image/JPG;x=y;base64,/9j/' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_data: PDF, filename: 'a.pdf' } },
      { type: 'file', file: { file_data: PDF } },
    ];
    const pdf = { mediaType: 'application/pdf', base64: 'JVBERg==' };
    expect(readMessages({ role: 'user', content })[0]?.content).toEqual([
      { type: 'image', url: PNG, data: { mediaType: 'image/png', base64: 'iVBORw==' }, detail: 'low' },
      {
        type: 'image',
        url: 'data:image/JPG;x=y;base64,/9j/',
        data: { mediaType: 'image/jpeg', base64: '/9j/' },
        detail: null,
      },
      { type: 'image', url: 'https://example.com/a.png', data: null, detail: null },
      { type: 'file', url: PDF, data: pdf, filename: 'a.pdf' },
      { type: 'file', url: PDF, data: pdf, filename: null },
    ]);
  });

  it('reads tools and their choice', () => {
    const parameters = { type: 'object', properties: {} };
    const tools = [tool('f', { description: 'd', parameters, strict: true }), tool('g')];
    const named = { type: 'function', function: { name: 'g' } };
    expect(read({ tools, tool_choice: named })).toMatchObject({
      tools: [
        { name: 'f', description: 'd', parameters, strict: true },
        { name: 'g', description: null, parameters: null, strict: null },
      ],
      toolChoice: { kind: 'named', name: 'g' },
    });
    for (const kind of ['auto', 'none', 'required']) {
      expect(read({ tools, tool_choice: kind }).toolChoice).toEqual({ kind });
    }
    expect(read({ tools: [], tool_choice: 'auto' }).toolChoice).toBeNull();
    expect(read({ tool_choice: 'none' }).toolChoice).toBeNull();
  });

  it('reads the form of the answer', () => {
    const schema = { type: 'object' };
    expect(read({ response_format: { type: 'text' } }).responseFormat).toBeNull();
    expect(read({ response_format: { type: 'json_object' } }).responseFormat).toEqual({ kind: 'json_object' });
    const format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true, description: 'd' } };
    expect(read({ response_format: format }).responseFormat).toEqual({
      kind: 'json_schema',
      name: 'x',
      description: 'd',
      schema,
      strict: true,
    });
  });

  it('reads every request that can be translated', () => {
    fc.assert(
      fc.property(anyChatRequest, (body) => {
        const chat = readChatRequest(Buffer.from(JSON.stringify(body)));
        expect(chat.messages).toHaveLength((body['messages'] as unknown[]).length);
      }),
    );
  });

  it('answers anything at all with a request or with a refusal', () => {
    fc.assert(
      fc.property(anyChatRequest, fc.json(), fc.nat(), (body, junk, at) => {
        const names = Object.keys(body);
        const name = names[at % names.length] ?? 'messages';
        const change = { ...body, [name]: JSON.parse(junk) as unknown };
        try {
          readChatRequest(Buffer.from(JSON.stringify(change)));
        } catch (error) {
          expect(error).toBeInstanceOf(RelayError);
        }
      }),
    );
  });

  it('reads a request of many megabytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(24 * 1024 * 1024)}`;
    const content = [{ type: 'image_url', image_url: { url } }];
    expect(readMessages({ role: 'user', content })[0]?.content).toMatchObject([{ type: 'image', url }]);
  });
});

describe('includesUsage', () => {
  it.each<[string, boolean]>([
    ['{"stream_options":{"include_usage":true}}', true],
    ['{"stream_options":{"include_usage":false}}', false],
    ['{"stream_options":null}', false],
    ['{"stream":true}', false],
    ['no JSON', false],
  ])('of %s is %s', (body, expected) => {
    expect(includesUsage(Buffer.from(body))).toBe(expected);
  });
});
