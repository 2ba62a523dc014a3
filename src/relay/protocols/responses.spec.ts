import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { responses } from './responses.js';

const dataOf = (event: Buffer): { readonly type: string; readonly response: Record<string, unknown> } => {
  const [name, data, ...rest] = event.toString().split('\n');
  expect(name).toBe('event: response.failed');
  expect(rest).toEqual(['', '']);
  return JSON.parse(String(data).replace('data: ', '')) as { type: string; response: Record<string, unknown> };
};

describe('the Responses protocol', () => {
  it.each([
    ['response.created', 'opening'],
    ['response.queued', 'opening'],
    ['response.in_progress', 'opening'],
    ['response.output_item.added', 'opening'],
    ['response.content_part.added', 'opening'],
    ['response.reasoning_summary_part.added', 'opening'],
    ['response.web_search_call.searching', 'opening'],
    ['response.web_search_call.completed', 'opening'],
    ['response.output_text.delta', 'content'],
    ['response.output_text.done', 'content'],
    ['response.output_item.done', 'content'],
    ['response.reasoning_summary_text.delta', 'content'],
    ['response.function_call_arguments.delta', 'content'],
    ['response.custom_tool_call_input.delta', 'content'],
    ['response.refusal.delta', 'content'],
    ['response.image_generation_call.partial_image', 'content'],
    ['response.a_tool_of_tomorrow.delta', 'content'],
    ['response.completed', 'final'],
    ['response.incomplete', 'final'],
    ['response.failed', 'error'],
    ['error', 'error'],
    ['keepalive', 'ping'],
    ['ping', 'ping'],
    ['an.event.of.tomorrow', 'opening'],
    ['constructor', 'opening'],
    ['delta', 'opening'],
  ])('takes %s for %s, with a name and without one', (name, kind) => {
    expect(responses.kindOf({ event: name, data: '{}' })).toBe(kind);
    expect(responses.kindOf({ event: null, data: JSON.stringify({ sequence_number: 0, type: name }) })).toBe(kind);
  });

  it.each(['[DONE]', 'no JSON', 'null', '[]', '{"type":7}', '{}'])('commits nothing on %s', (data) => {
    expect(responses.kindOf({ event: null, data })).toBe('opening');
  });

  it.each([
    ['response.created', true],
    ['response.in_progress', true],
    ['response.completed', true],
    ['response.incomplete', true],
    ['response.failed', true],
    ['response.output_text.delta', false],
    ['response.output_item.done', false],
    ['response.web_search_call.completed', false],
    ['error', false],
  ])('knows whether %s names the model: %s', (name, expected) => {
    expect(responses.namesModel({ event: name, data: '{}' })).toBe(expected);
    expect(responses.namesModel({ event: null, data: JSON.stringify({ type: name }) })).toBe(expected);
  });

  it.each([
    ['a response', '{"id":"r","object":"response","status":"completed","error":null,"output":[]}'],
    ['a response that is not whole', '{"object":"response","status":"incomplete","output":[{}]}'],
    ['a response without a word of errors', '{"output":[]}'],
    [
      'a thread made short',
      '{"id":"r","object":"response.compaction","created_at":1,"output":[{"type":"compaction"}]}',
    ],
  ])('takes %s for an answer', (_, body) => {
    for (const endpoint of ['responses', 'compact']) expect(responses.isAnswer(endpoint, JSON.parse(body))).toBe(true);
  });

  it.each([
    ['a failed response', '{"object":"response","status":"failed","error":{"code":"server_error"},"output":[]}'],
    ['a failed response without its reason', '{"object":"response","status":"failed","error":null,"output":[]}'],
    ['an error', '{"error":{"message":"x","type":"server_error"}}'],
    ['an error in words of its own', '{"error":"busy","output":[]}'],
    ['an error beside an output', '{"error":{"message":"x"},"output":[]}'],
    ['a message of another protocol', '{"type":"message","content":[]}'],
    ['an output that is none', '{"output":"text"}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"output"'],
  ])('takes %s for none', (_, body) => {
    for (const endpoint of ['responses', 'compact']) expect(responses.isAnswer(endpoint, JSON.parse(body))).toBe(false);
  });

  it.each([
    ['invalid_api_key', true],
    ['authentication_error', true],
    ['insufficient_quota', true],
    ['usage_limit_reached', true],
    ['rate_limit_exceeded', false],
    ['server_error', false],
    ['context_length_exceeded', false],
    ['constructor', false],
  ])('knows whose access %s speaks of', (type, expected) => {
    expect(responses.refusesAccess(type)).toBe(expected);
  });

  it.each([
    [
      'a failed response',
      '{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Try again in 1.5s"}}}',
      'rate_limit_exceeded',
      'Try again in 1.5s',
    ],
    ['an error event', '{"type":"error","code":"server_error","message":"x","param":null}', 'server_error', 'x'],
    ['an error inside an event', '{"type":"error","error":{"type":"overloaded","message":"x"}}', 'overloaded', 'x'],
    [
      'a code beside a type',
      '{"error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"x"}}',
      'context_length_exceeded',
      'x',
    ],
    [
      'a type that says whose fault it is, beside a code',
      '{"error":{"type":"authentication_error","code":"key_gone","message":"x"}}',
      'authentication_error',
      'x',
    ],
    ['an error that is text', '{"type":"error","error":"busy"}', 'server_error', 'busy'],
    ['a failure without its reason', '{"type":"response.failed","response":{"error":null}}', 'server_error', ''],
    ['an error event that says nothing', '{"type":"error"}', 'server_error', ''],
    ['members of odd types', '{"error":{"code":500,"type":{},"message":["x"]}}', 'server_error', ''],
    ['null', 'null', 'server_error', ''],
    ['no JSON', '<html>', 'server_error', ''],
    ['nothing', '', 'server_error', ''],
  ])('reads %s', (_, data, type, message) => {
    expect(responses.readError({ event: 'response.failed', data })).toEqual({ type, message });
  });

  it('tells an error of the gateway as a failed response, without a word of other events', () => {
    const told = dataOf(responses.errorEvent(new RelayError('upstream_failed', 'broke off'), 'req_1'));
    expect(told).toEqual({
      type: 'response.failed',
      response: {
        id: 'req_1',
        object: 'response',
        status: 'failed',
        error: { message: 'broke off', type: 'server_error', param: null, code: 'upstream_error' },
      },
    });
  });

  it("tells an upstream's refusal in a stream that has begun, and has a code where the upstream gave none", () => {
    const refusal = (error: object): object =>
      dataOf(responses.refusalEvent(Buffer.from(JSON.stringify({ error }, null, 1)), 'req_1'));
    const error = { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' };
    expect(refusal(error)).toMatchObject({ response: { status: 'failed', error } });
    expect(refusal({ ...error, code: null })).toMatchObject({ response: { error: { code: 'invalid_request_error' } } });
  });

  it.each(['<html>', '', 'null', '{"detail":"no"}', '{"error":"no"}', '{"error":{"code":"x"}}'])(
    'tells a refusal in its own words where the upstream said %j',
    (text) => {
      const told = dataOf(responses.refusalEvent(Buffer.from(text), 'req_1'));
      expect(told.response['error']).toMatchObject({
        message: 'The upstream refused the request.',
        code: 'invalid_request_error',
      });
    },
  );

  it('answers errors with the id of the request under the name that its clients know', () => {
    expect(responses.errorAnswer(new RelayError('invalid_key', 'no'), 'req_1')).toMatchObject({
      status: 401,
      headers: { 'x-request-id': 'req_1' },
    });
  });

  it('knows sessions and no users', () => {
    const traits = responses.sessionOf({
      headers: { 'session-id': 'sess-123' },
      member: () => undefined,
      readBody: () => ({ metadata: { user_id: 'u' } }),
    });
    expect(traits).toEqual({ userId: null, sessionHash: responses.sessionNamed('sess-123') });
  });

  it('sends pings that are no events', () => {
    expect(responses.pingEvent.toString()).toMatch(/^:.*\n\n$/);
  });
});
