import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { anthropic } from '../anthropic.js';
import { chatCompletions as sut } from './chat-completions.protocol.js';

const chunk = (choices: unknown): string => JSON.stringify({ object: 'chat.completion.chunk', choices });
const delta = (members: object, reason: string | null = null): string =>
  chunk([{ index: 0, delta: members, finish_reason: reason }]);

describe('kinds of chat events', () => {
  it.each([
    ['opening', delta({ role: 'assistant' })],
    ['opening', delta({ role: 'assistant', content: '', refusal: null, tool_calls: [] })],
    ['opening', delta({})],
    ['opening', chunk([])],
    ['opening', JSON.stringify({ choices: [], usage: { prompt_tokens: 1 } })],
    ['opening', chunk([{ index: 0 }])],
    ['opening', chunk(['no choice'])],
    ['opening', JSON.stringify({ object: 'something.new' })],
    ['opening', 'no JSON'],
    ['content', delta({ content: 'a' })],
    ['content', delta({ role: 'assistant', content: 'a' })],
    ['content', delta({ refusal: 'No.' })],
    ['content', delta({ reasoning_content: 'Hm.' })],
    ['content', delta({ reasoning: 'Hm.' })],
    ['content', delta({ tool_calls: [{ index: 0, id: 'call_1' }] })],
    ['content', delta({ audio: { id: 'a' } })],
    ['content', delta({}, 'stop')],
    [
      'content',
      chunk([
        { index: 0, delta: {} },
        { index: 1, delta: { content: 'a' } },
      ]),
    ],
    ['final', '[DONE]'],
    ['error', '{"error":{"message":"Too much."}}'],
    ['error', '{"error":"Too much."}'],
    ['opening', '{"error":null,"choices":[]}'],
  ])('takes for %s: %s', (kind, data) => {
    expect(sut.kindOf({ event: null, data })).toBe(kind);
  });

  it('takes an event that is called an error for one, whatever it says', () => {
    expect(sut.kindOf({ event: 'error', data: 'no JSON' })).toBe('error');
  });

  it('finds the model in every event but the last', () => {
    expect(sut.namesModel({ event: null, data: delta({}) })).toBe(true);
    expect(sut.namesModel({ event: null, data: '[DONE]' })).toBe(false);
  });
});

describe('whole chat answers', () => {
  it.each([
    [true, { choices: [] }],
    [true, { choices: [{}], error: null, more: 1 }],
    [false, { choices: [], error: { message: 'No.' } }],
    [false, { error: { message: 'No.' } }],
    [false, { output: [] }],
    [false, []],
    [false, 'text'],
    [false, null],
  ])('%s for %j', (isAnswer, body) => {
    expect(sut.isAnswer('chat_completions', body)).toBe(isAnswer);
  });
});

describe('chat errors', () => {
  const data = (error: unknown): { event: null; data: string } => ({ event: null, data: JSON.stringify({ error }) });

  it('reads what an upstream says, whichever protocol it speaks', () => {
    expect(sut.readError(data({ type: 'requests', code: 'rate_limit_exceeded', message: 'Slow.' }))).toEqual({
      type: 'rate_limit_exceeded',
      message: 'Slow.',
    });
    expect(sut.readError(data({ type: 'overloaded_error', code: null, message: 'Busy.' }))).toEqual({
      type: 'overloaded_error',
      message: 'Busy.',
    });
  });

  it.each(['authentication_error', 'permission_error', 'billing_error', 'invalid_api_key', 'insufficient_quota'])(
    'hides %s, as the protocols of the upstreams do',
    (type) => {
      expect(sut.refusesAccess(type)).toBe(true);
    },
  );

  it('shows every error that the messages of an upstream may show', () => {
    for (const type of ['overloaded_error', 'rate_limit_error', 'api_error', 'invalid_request_error']) {
      expect(sut.refusesAccess(type)).toBe(anthropic.refusesAccess(type));
    }
  });

  it('tells a refusal in a stream as it came', () => {
    const body = { error: { message: 'Not so.', type: 'invalid_request_error', param: 'n', code: null } };
    expect(sut.refusalEvent(Buffer.from(JSON.stringify(body)), 'req_1').toString()).toBe(
      `data: ${JSON.stringify(body)}\n\n`,
    );
  });

  it.each(['{"error":"Not so."}', '<html>', ''])('tells a refusal without words in words of its own: %s', (body) => {
    expect(sut.refusalEvent(Buffer.from(body), 'req_1').toString()).toBe(
      'data: {"error":{"message":"The upstream refused the request.","type":"invalid_request_error","param":null,"code":null}}\n\n',
    );
  });

  it("tells the gateway's own error in a stream", () => {
    const event = sut.errorEvent(new RelayError('upstream_failed', 'It broke off.'), 'req_1').toString();
    expect(event).toBe(
      'data: {"error":{"message":"It broke off.","type":"server_error","param":null,"code":"upstream_error"}}\n\n',
    );
    expect(sut.kindOf({ event: null, data: event.slice(6).trim() })).toBe('error');
  });
});
