import type { RelayRequest } from '@crs/extension-api';
import { SseDecoder } from '@crs/sse';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { answerWarmup } from './warmup.js';

const USER_TITLE = 'Please write a 5-10 word title for the following conversation:\n\nUser: hello';
const SYSTEM_TITLE =
  'Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures it.';

const MODEL = 'claude-haiku-4-5-20251001';
const user = (content: unknown): object => ({ role: 'user', content });
const text = (words: string): object => ({ type: 'text', text: words });
const assistant = { role: 'assistant', content: 'Yes?' };

const requestOf = (body: unknown, change: Partial<RelayRequest> = {}): RelayRequest =>
  testRelayRequest({
    model: MODEL,
    body: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)),
    ...change,
  });

const asking = (...messages: unknown[]): { model: string; messages: unknown[] } => ({ model: MODEL, messages });

describe('answerWarmup', () => {
  it.each<[string, object]>([
    ['a warm-up', asking(user('Warmup'))],
    ['a warm-up in a block, with tools', { ...asking(user([text('Warmup')])), tools: [{ name: 'Bash' }] }],
    [
      'a warm-up behind a reminder',
      asking(user([text('<system-reminder>\nToday\n</system-reminder>'), text('Warmup')])),
    ],
    ['a warm-up with a system message in the list', asking(user('Warmup'), { role: 'system', content: 'Be brief.' })],
    ['a title request', asking(user(USER_TITLE))],
    ['a title request in a block, with an empty list of tools', { ...asking(user([text(USER_TITLE)])), tools: [] }],
    ['a request for the topic', { ...asking(user('fix the tests')), system: [text('x'), text(SYSTEM_TITLE)] }],
    ['a request for the topic with one system text', { ...asking(user('fix the tests')), system: SYSTEM_TITLE }],
  ])('answers %s', (_, body) => {
    const answer = answerWarmup(requestOf(body));
    expect(answer?.headers).toEqual({ 'content-type': 'application/json' });
    expect(JSON.parse(String(answer?.body))).toEqual({
      id: 'msg_0123456789abcdef',
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [{ type: 'text', text: 'New Conversation' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 2 },
    });
  });

  it('answers a stream with the whole sequence of events', () => {
    const answer = answerWarmup(requestOf(asking(user('Warmup')), { stream: true }));
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    const decoder = new SseDecoder();
    const events = [...decoder.push(answer?.body ?? Buffer.alloc(0)), ...decoder.end()];
    expect(decoder.pending).toBe(0);
    const data = events.map((event) => JSON.parse(event.data) as Record<string, unknown>);
    expect(data.map(({ type }) => type)).toEqual(events.map(({ event }) => event));
    expect(data).toEqual([
      { type: 'message_start', message: expect.objectContaining({ model: MODEL, role: 'assistant', content: [] }) },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'New Conversation' } },
      { type: 'content_block_stop', index: 0 },
      expect.objectContaining({ type: 'message_delta', usage: { output_tokens: 2 } }),
      { type: 'message_stop' },
    ]);
    expect(data[0]).toMatchObject({ message: { usage: { input_tokens: 10 } } });
  });

  it.each<[string, unknown]>([
    ['a question about a warm-up', asking(user('What does Warmup mean?'))],
    ['a word in another case', asking(user('warmup'))],
    ['a warm-up that was asked before', asking(user('Warmup'), assistant, user('Now do the work'))],
    ['a last word of the assistant', asking(user('Warmup'), { role: 'assistant', content: 'Warmup' })],
    ['two texts', asking(user([text('Warmup'), text('and then fix the tests')]))],
    ['a warm-up with an image', asking(user([text('Warmup'), { type: 'image', source: {} }]))],
    ['the result of a tool', asking(user([{ type: 'tool_result', content: 'Warmup' }]))],
    ['a text that is none', asking(user([{ type: 'text', text: ['Warmup'] }]))],
    ['nothing but reminders', asking(user([text('<system-reminder>Warmup</system-reminder>')]))],
    ['a system prompt of that word', { ...asking(user('Hello')), system: 'Warmup' }],
    ['a tool of that name', { ...asking(user('Hello')), tools: [{ name: 'Warmup' }] }],
    ['no list of messages', { model: MODEL, messages: 'Warmup' }],
    ['an empty list', { ...asking(), system: 'Warmup' }],
    ['messages that are none', asking(null, 7, 'Warmup')],
    ['a list instead of a body', ['Warmup']],
    ['a text instead of a body', 'Warmup'],
    ['a title asked for in a conversation with tools', { ...asking(user(USER_TITLE)), tools: [{ name: 'Bash' }] }],
    ['a title asked for earlier', asking(user(USER_TITLE), assistant, user('Thanks'))],
    ["a title in the assistant's words", asking(user('Hello'), { role: 'assistant', content: USER_TITLE })],
    ["a topic in the user's words", asking(user(SYSTEM_TITLE))],
    ['a topic that no user asks about', { ...asking(), system: SYSTEM_TITLE }],
    ['a system prompt that is none', { ...asking(user(SYSTEM_TITLE)), system: 7 }],
  ])('leaves %s to an upstream', (_, body) => {
    expect(answerWarmup(requestOf(body))).toBeNull();
  });

  it('takes only messages for such requests', () => {
    expect(answerWarmup(requestOf(asking(user('Warmup')), { endpoint: 'count_tokens' }))).toBeNull();
  });

  it('does not look into long requests', () => {
    const ofBytes = (bytes: number): Buffer => {
      const frame = JSON.stringify({ ...asking(user('Warmup')), system: '' });
      return Buffer.from(frame.replace('"system":""', `"system":"${'x'.repeat(bytes - frame.length)}"`));
    };
    expect(answerWarmup(requestOf(ofBytes(256 * 1024)))).not.toBeNull();
    expect(answerWarmup(requestOf(ofBytes(256 * 1024 + 1)))).toBeNull();
  });

  it('survives whatever a body may be', () => {
    const words = fc.constantFrom('Warmup', USER_TITLE, SYSTEM_TITLE, 'x');
    const anything = fc.anything({ maxDepth: 3 });
    const content = fc.oneof(words, anything, fc.array(fc.oneof(anything, fc.record({ type: words, text: words }))));
    const body = fc.record(
      {
        messages: fc.oneof(anything, fc.array(fc.oneof(anything, fc.record({ role: words, content })))),
        system: content,
        tools: anything,
      },
      { requiredKeys: [] },
    );
    const bytes = fc.oneof(
      body.map((value) =>
        Buffer.from(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? 1 : part))),
      ),
      fc.uint8Array().map((noise) => Buffer.concat([Buffer.from('{"messages":"Warmup'), noise])),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (raw, stream) => {
        const request = requestOf(raw, { stream });
        const answer = answerWarmup(request);
        expect(answer === null || answer.status === 200).toBe(true);
        expect(request.body).toBe(raw);
      }),
    );
  });
});
