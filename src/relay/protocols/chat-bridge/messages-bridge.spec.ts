import type { StreamEvent } from '@crs/extension-api';
import { replaceSpan } from '@crs/json-scan';
import { describe, expect, it } from '@jest/globals';
import { accumulated, readBack, saidBy } from '../../../../test/support/chat-told.js';
import { MESSAGE_USAGE, messagesStream } from '../../../../test/support/messages-events.js';
import { testChatRequest } from '../../../../test/support/test-chat-request.js';
import { messagesBridge } from './messages-bridge.js';
import { MessagesStream } from './messages-stream.js';

type Json = Readonly<Record<string, unknown>>;

const parse = (body: Buffer): Json => JSON.parse(body.toString()) as Json;

const answerTo = (message: object): Buffer =>
  messagesBridge.toClient(Buffer.from(JSON.stringify(message)), testChatRequest());

const toldOf = (message: object): unknown => saidBy(answerTo(message));

function toldOfStream(events: readonly StreamEvent[]): unknown {
  const sut = new MessagesStream(testChatRequest(), true);
  return accumulated(readBack(Buffer.concat(events.map((event) => sut.translate(event)))));
}

describe('messagesBridge.toUpstream', () => {
  const request = testChatRequest({ stream: true }, 'claude-é"x');
  const sent = messagesBridge.toUpstream(
    {
      ...request,
      headers: { 'x-stainless-lang': 'js', accept: '*/*' },
      query: '?beta=true',
      sessionHash: 's',
    },
    request.model,
  );

  it('asks for a message', () => {
    expect(sent).toMatchObject({ protocol: 'anthropic', endpoint: 'messages', path: '/v1/messages', method: 'POST' });
    expect(sent).toMatchObject({ id: request.id, query: '?beta=true', sessionHash: 's', stream: true });
    expect(parse(sent.body)).toEqual({
      model: 'claude-é"x',
      max_tokens: 32_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      stream: true,
    });
  });

  it('tells nobody else about the client`s organisation', () => {
    expect(sent.headers).toEqual({ 'x-stainless-lang': 'js', accept: '*/*' });
  });

  it('says where the model stands', () => {
    const { start, end } = sent.modelSpan;
    expect(sent.body.toString('utf8', start, end)).toBe('"claude-é\\"x"');
    expect(parse(replaceSpan(sent.body, sent.modelSpan, 'mapped'))).toEqual({ ...parse(sent.body), model: 'mapped' });
  });

  it.each([
    ['claude-sonnet-4-5', 'claude-opus-5-5', { max_tokens: 32_000 }],
    ['claude-opus-5-5', 'claude-3-haiku-20240307', { max_tokens: 4096, temperature: 0.2 }],
    ['best', 'claude-opus-4-5', { max_tokens: 32_000, temperature: 0.2 }],
  ])('asks under the name %s for what %s takes', (asked, upstreamModel, expected) => {
    const mapped = messagesBridge.toUpstream(testChatRequest({ temperature: 0.2 }, asked), upstreamModel);
    const { messages: _, ...told } = parse(mapped.body);
    expect(told).toEqual({ model: asked, ...expected });
  });

  it('refuses what cannot be told, naming the field', () => {
    expect(() => messagesBridge.toUpstream(testChatRequest({ n: 2 }), 'claude-asked')).toThrow(
      'n: one answer per request',
    );
  });
});

describe('messagesBridge.toClient', () => {
  it('tells a whole answer', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'x' },
      { type: 'text', text: 'one ' },
      { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} },
      { type: 'text', text: 'two' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
    ];
    const usage = { ...MESSAGE_USAGE, output_tokens_details: { thinking_tokens: 2 } };
    expect(parse(answerTo({ model: 'claude-real', content, stop_reason: 'tool_use', usage }))).toEqual({
      id: 'chatcmpl-0123456789abcdef',
      object: 'chat.completion',
      created: 5,
      model: 'claude-asked',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          logprobs: null,
          message: {
            role: 'assistant',
            content: 'one two',
            refusal: null,
            reasoning_content: 'hm',
            tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
        },
      ],
      usage: {
        prompt_tokens: 33,
        completion_tokens: 7,
        total_tokens: 40,
        prompt_tokens_details: { cached_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
  });

  it.each<[unknown, string]>([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['of tomorrow', 'stop'],
    ['constructor', 'stop'],
    [null, 'stop'],
  ])('tells the end %j as %s', (stop_reason, expected) => {
    expect(toldOf({ content: [], stop_reason })).toMatchObject({ finish_reason: expected });
    expect(toldOfStream(messagesStream([], { stop_reason }))).toMatchObject({ finish_reason: expected });
  });

  it('says that tools are called even where the upstream does not', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    expect(toldOf({ content: [block], stop_reason: 'end_turn' })).toMatchObject({ finish_reason: 'tool_calls' });
    expect(toldOfStream(messagesStream([block], { stop_reason: 'end_turn' }))).toMatchObject({
      finish_reason: 'tool_calls',
    });
    expect(toldOf({ content: [block], stop_reason: 'max_tokens' })).toMatchObject({ finish_reason: 'length' });
  });

  it.each([
    ['max_tokens', undefined],
    ['model_context_window_exceeded', undefined],
    ['tool_use', [{ function: { name: 'f', arguments: '{}' } }]],
  ])('tells of a call that has no arguments and ends by %s: %j', (stop_reason, expected) => {
    const whole = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const both = [toldOf({ content: [whole], stop_reason }), toldOfStream(messagesStream([whole], { stop_reason }))];
    for (const told of both) {
      if (expected === undefined) expect(told).not.toHaveProperty('message.tool_calls');
      else expect(told).toMatchObject({ message: { tool_calls: expected } });
    }
  });

  it('keeps a call without arguments that something follows, whatever the end', () => {
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const content = [call, { type: 'text', text: 'x' }];
    const stop_reason = 'max_tokens';
    const expected = { message: { tool_calls: [{ id: 'a' }], content: 'x' }, finish_reason: 'length' };
    expect(toldOf({ content, stop_reason })).toMatchObject(expected);
    expect(toldOfStream(messagesStream(content, { stop_reason }))).toMatchObject(expected);
  });

  it('keeps the text of each number among the arguments', () => {
    const json = '{"id":12345678901234567890,"small":[1.0,-0,1e400]}';
    const block = (input: string): string => `{"type":"tool_use","id":"a","name":"f","input":${input}}`;
    const expected = { message: { tool_calls: [{ function: { arguments: json } }] }, usage: { prompt_tokens: 10 } };
    const body = `{"content":[${block(json)}],"usage":{"input_tokens":10.0,"output_tokens":7}}`;
    expect(saidBy(messagesBridge.toClient(Buffer.from(body), testChatRequest()))).toMatchObject(expected);
    const [start, ...rest] = messagesStream([], { stop_reason: 'tool_use' });
    const data = `{"type":"content_block_start","index":0,"content_block":${block(json)}}`;
    const opened = { event: 'content_block_start', data };
    expect(toldOfStream([...(start === undefined ? [] : [start]), opened, ...rest])).toMatchObject({
      message: expected.message,
    });
  });

  it('tells why a model refuses', () => {
    const ending = { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'Too dangerous.' } };
    const told = { message: { refusal: 'Too dangerous.' }, finish_reason: 'content_filter' };
    expect(toldOf({ content: [], ...ending })).toMatchObject(told);
    expect(toldOfStream(messagesStream([], ending))).toMatchObject(told);
    expect(toldOf({ ...ending, stop_reason: 'end_turn' })).toMatchObject({ message: { refusal: null } });
  });

  it.each<[object, [prompt: number, completion: number, cached: number] | null]>([
    [{ output_tokens: 7 }, [0, 7, 0]],
    [{ input_tokens: 5 }, [5, 0, 0]],
    [MESSAGE_USAGE, [33, 7, 20]],
    [{ ...MESSAGE_USAGE, cache_read_input_tokens: null }, [13, 7, 0]],
    [{ cache_read_input_tokens: 5 }, null],
    [{ input_tokens: '5', output_tokens: -1 }, null],
  ])('counts %j as a chat does', (usage, expected) => {
    const told = toldOf({ content: [], usage });
    if (expected === null) {
      expect(told).not.toHaveProperty('usage.prompt_tokens');
      return;
    }
    const [prompt, completion, cached] = expected;
    expect(told).toMatchObject({
      usage: {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: { cached_tokens: cached },
      },
    });
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no object', '[1]'],
    ['blocks of nothing', '{"content":[null,1,{}],"usage":{"input_tokens":"x","output_tokens":-1}}'],
  ])('survives %s', (_, body) => {
    expect(saidBy(messagesBridge.toClient(Buffer.from(body), testChatRequest()))).toEqual({
      message: { role: 'assistant', content: null, refusal: null },
      finish_reason: 'stop',
      usage: undefined,
    });
  });

  it('tells a tool call of which nothing is told', () => {
    expect(toldOf({ content: [{ type: 'tool_use' }] })).toMatchObject({
      message: { tool_calls: [{ id: '', type: 'function', function: { name: '', arguments: '{}' } }] },
    });
  });
});

describe('messagesBridge.refusalToClient', () => {
  it.each<[string, string, string]>([
    [
      '{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many"}}',
      'invalid_request_error',
      'max_tokens: too many',
    ],
    ['{"type":"error"}', 'invalid_request_error', '{"type":"error"}'],
    ['{"error":"Bad"}', 'invalid_request_error', 'Bad'],
    ['Bad request', 'invalid_request_error', 'Bad request'],
    ['', 'invalid_request_error', 'The upstream refused the request without a word.'],
  ])('tells %s', (body, type, message) => {
    expect(parse(messagesBridge.refusalToClient(Buffer.from(body)))).toEqual({
      error: { type, message, param: null, code: null },
    });
  });
});
