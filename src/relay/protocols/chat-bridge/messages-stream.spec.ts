import type { RelayRequest, StreamEvent } from '@crs/extension-api';
import { encodeSse, SseDecoder } from '@crs/sse';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accumulated, readBack, saidBy } from '../../../../test/support/chat-told.js';
import {
  anyMessage,
  MESSAGE_START as START,
  MESSAGE_STOP as STOP,
  MESSAGE_USAGE,
  messagesEvent as event,
  messagesStream,
} from '../../../../test/support/messages-events.js';
import { testChatRequest } from '../../../../test/support/test-chat-request.js';
import { messagesBridge } from './messages-bridge.js';

const WITH_USAGE = testChatRequest({ stream: true, stream_options: { include_usage: true } });
const NO_BYTES = Buffer.alloc(0);

type Translate = (event: StreamEvent) => Buffer;

function open(request: RelayRequest = WITH_USAGE): Translate {
  const translator = messagesBridge.openStream(request);
  if (translator === null) throw new Error('Nothing is translated');
  return (each): Buffer => translator.translate(each, NO_BYTES);
}

/** What the client makes of it; the stream must say that it is whole. */
function toldOf(events: readonly StreamEvent[], request = WITH_USAGE): unknown {
  const told = readBack(Buffer.concat(events.map(open(request))));
  expect(told.map(({ data }) => data).indexOf('[DONE]')).toBe(told.length - 1);
  return accumulated(told);
}

const called = (id: string, name: string, json: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: json },
});

describe('messagesBridge.openStream', () => {
  it('says the same as the whole answer', () => {
    fc.assert(
      fc.property(anyMessage, ({ content, stop_reason, pieceSize }) => {
        const body = Buffer.from(JSON.stringify({ content, stop_reason, usage: MESSAGE_USAGE }));
        const whole = saidBy(messagesBridge.toClient(body, WITH_USAGE));
        expect(toldOf(messagesStream(content, { stop_reason }, pieceSize))).toEqual(whole);
      }),
    );
  });

  it('says the same however the bytes come', () => {
    fc.assert(
      fc.property(anyMessage, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (message, sizes) => {
        const events = messagesStream(message.content, { stop_reason: message.stop_reason }, message.pieceSize);
        const bytes = Buffer.concat(events.map((each) => encodeSse(each)));
        const expected = Buffer.concat(events.map(open()));
        const [decoder, translate] = [new SseDecoder(), open()];
        const told: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (sizes[i % sizes.length] ?? 1);
          told.push(...decoder.push(bytes.subarray(at, end)).map(translate));
          at = end;
        }
        expect(Buffer.concat(told).toString()).toBe(expected.toString());
      }),
    );
  });

  it('tells the role first, and nothing that a client would show', () => {
    const translate = open(testChatRequest());
    expect(translate(START).toString()).toMatch(/^data: .*"delta":\{"role":"assistant","content":""\}.*\n\n$/);
    expect(translate(event('ping')).toString()).toBe(': ping\n\n');
  });

  it('tells the usage only where it is asked for', () => {
    const events = messagesStream([{ type: 'text', text: 'x' }], { stop_reason: 'end_turn' });
    expect(toldOf(events, testChatRequest({ stream: true }))).toMatchObject({ usage: undefined });
    expect(toldOf(events)).toMatchObject({
      usage: { prompt_tokens: 33, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 20 } },
    });
  });

  it('counts tool calls from 0, whatever stands between them', () => {
    const blocks = [
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 'a', name: 'f', input: { n: 1 } },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { n: 2 } },
      { type: 'tool_use', id: 'b', name: 'g', input: {} },
    ];
    expect(toldOf(messagesStream(blocks, { stop_reason: 'tool_use' }))).toMatchObject({
      message: { content: 'x', tool_calls: [called('a', 'f', '{"n":1}'), called('b', 'g', '{}')] },
    });
  });

  it('tells the arguments that a block came with, also where its end is missing', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { n: 1 } };
    const opened = event('content_block_start', { index: 0, content_block: block });
    const delta = event('message_delta', { delta: { stop_reason: 'tool_use' } });
    const expected = { message: { tool_calls: [called('a', 'f', '{"n":1}')] }, finish_reason: 'tool_calls' };
    expect(toldOf([START, opened, event('content_block_stop', { index: 0 }), delta, STOP])).toMatchObject(expected);
    expect(toldOf([START, opened, delta, STOP])).toMatchObject(expected);
  });

  it('tells nothing of a tool call before its first piece', () => {
    const translate = open();
    translate(START);
    const block = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    expect(translate(event('content_block_start', { index: 0, content_block: block }))).toHaveLength(0);
    const piece = (json: string): StreamEvent =>
      event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: json } });
    expect(translate(piece(''))).toHaveLength(0);
    expect(accumulated(readBack(translate(piece('{'))))).toMatchObject({
      message: { tool_calls: [called('a', 'f', '{')] },
    });
  });

  it('tells a tool call of which nothing is told', () => {
    const opened = event('content_block_start', { index: 0, content_block: { type: 'tool_use' } });
    expect(toldOf([START, opened, STOP])).toMatchObject({ message: { tool_calls: [called('', '', '{}')] } });
  });

  it('takes a text that a block begins with, and names of events out of their data', () => {
    const opened = event('content_block_start', { index: 0, content_block: { type: 'text', text: 'Hel' } });
    const delta = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'lo' } });
    const events = [START, opened, delta, STOP].map(({ data }) => ({ event: null, data }));
    expect(toldOf(events)).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'stop' });
  });

  it('leaves out what it does not know', () => {
    const events = [
      event('of_tomorrow'),
      { event: 'content_block_delta', data: 'no JSON' },
      { event: 'content_block_start', data: 'no JSON' },
      event('content_block_start', {}),
      event('content_block_delta', {}),
      event('content_block_delta', { index: 0, delta: { type: 'citations_delta', citation: {} } }),
      event('content_block_delta', { index: 9, delta: { type: 'input_json_delta', partial_json: '{' } }),
      event('content_block_stop', { index: 9 }),
      event('message_start', {}),
      event('message_delta', {}),
    ];
    expect(toldOf([...events, STOP])).toEqual({
      message: { role: 'assistant', content: null, refusal: null },
      finish_reason: 'stop',
      usage: undefined,
    });
  });

  it('tells the upstream`s error, and nothing behind it', () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    const told = readBack(Buffer.concat([START, event('error', { error }), STOP].map(open())));
    expect(told).toHaveLength(2);
    expect(JSON.parse(told[1]?.data ?? '')).toEqual({ error: { ...error, param: null, code: null } });
  });

  it('says nothing behind its end', () => {
    const translate = open();
    for (const each of [START, STOP]) expect(translate(each)).not.toHaveLength(0);
    expect(translate(STOP)).toHaveLength(0);
  });
});
