import { RelayError, type RelayErrorCode } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { anthropic } from './anthropic.js';

describe('the Anthropic protocol', () => {
  it.each([
    ['ping', 'ping'],
    ['message_start', 'opening'],
    ['content_block_start', 'opening'],
    ['content_block_delta', 'content'],
    ['content_block_stop', 'content'],
    ['message_delta', 'content'],
    ['message_stop', 'final'],
    ['error', 'error'],
    ['an_event_of_tomorrow', 'opening'],
    ['constructor', 'opening'],
  ])('takes %s for %s, with a name and without one', (name, kind) => {
    expect(anthropic.kindOf({ event: name, data: '{}' })).toBe(kind);
    expect(anthropic.kindOf({ event: null, data: JSON.stringify({ index: 0, type: name }) })).toBe(kind);
  });

  it.each(['no JSON', 'null', '[]', '{"type":7}'])('commits nothing on %s', (data) => {
    expect(anthropic.kindOf({ event: null, data })).toBe('opening');
  });

  it.each([
    ['authentication_error', true],
    ['permission_error', true],
    ['billing_error', true],
    ['overloaded_error', false],
    ['constructor', false],
  ])('knows whose access %s speaks of', (type, expected) => {
    expect(anthropic.refusesAccess(type)).toBe(expected);
  });

  it.each([
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'overloaded_error', 'Overloaded'],
    ['{"type":"error"}', 'api_error', ''],
    ['null', 'api_error', ''],
    ['no JSON', 'api_error', ''],
    ['{"error":{"type":1,"message":2}}', 'api_error', ''],
  ])('reads the error event %s', (data, type, message) => {
    expect(anthropic.readError({ event: 'error', data })).toEqual({ type, message });
  });

  it.each([
    [new RelayError('invalid_key', 'unknown'), 401, 'authentication_error'],
    [new RelayError('permission_denied', 'no'), 403, 'permission_error'],
    [new RelayError('invalid_request', 'bad'), 400, 'invalid_request_error'],
    [new RelayError('body_too_large', 'big'), 413, 'request_too_large'],
    [new RelayError('window_exceeded', 'full'), 429, 'rate_limit_error'],
    [new RelayError('budget_spent', 'spent'), 402, 'billing_error'],
    [new RelayError('no_account', 'none'), 503, 'api_error'],
    [new RelayError('upstream_failed', 'failed', { status: 529 }), 529, 'overloaded_error'],
    [new RelayError('upstream_failed', 'failed', { status: 500 }), 500, 'api_error'],
    [new RelayError('upstream_timeout', 'slow'), 504, 'timeout_error'],
    [new RelayError('invalid_request', 'no such thing', { status: 404 }), 404, 'not_found_error'],
    [new RelayError('invalid_request', 'too large', { status: 413 }), 413, 'request_too_large'],
  ])('answers %s with %d %s and tells the client not to try again', (error, status, type) => {
    expect(anthropic.errorAnswer(error, 'req_1')).toEqual({
      status,
      headers: { 'content-type': 'application/json', 'request-id': 'req_1', 'x-should-retry': 'false' },
      body: { type: 'error', error: { type, message: error.message }, request_id: 'req_1' },
    });
  });

  it.each<[RelayErrorCode, number, string, Record<string, string>]>([
    ['no_account', 503, 'api_error', { 'retry-after': '7' }],
    ['upstream_rate_limited', 429, 'rate_limit_error', { 'retry-after': '7' }],
    ['too_many_requests', 429, 'rate_limit_error', { 'retry-after': '7' }],
    ['window_exceeded', 429, 'rate_limit_error', { 'retry-after': '7', 'x-should-retry': 'false' }],
    ['budget_spent', 402, 'billing_error', { 'x-should-retry': 'false' }],
  ])('says when to come back from %s, and at once where waiting is of no use', (code, status, type, expected) => {
    const answer = anthropic.errorAnswer(new RelayError(code, 'no', { retryAfterSeconds: 7 }), 'req_1');
    expect(answer.status).toBe(status);
    expect(answer.headers).toEqual({ 'content-type': 'application/json', 'request-id': 'req_1', ...expected });
    expect(answer.body).toMatchObject({ error: { type } });
  });

  it('tells an error in a stream that has begun', () => {
    const event = anthropic.errorEvent(new RelayError('upstream_failed', 'broke off'), 'req_1').toString();
    expect(event).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"broke off"},"request_id":"req_1"}\n\n',
    );
  });

  it("tells an upstream's refusal in a stream that has begun, in one line", () => {
    const body = Buffer.from('{\n "type":"error",\n "error":{"type":"invalid_request_error","message":"too long"}}');
    expect(anthropic.refusalEvent(body, 'req_1').toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"too long"}}\n\n',
    );
  });

  it.each(['<html>', '', 'null', '{"detail":"no"}'])(
    'tells a refusal in its own words where the upstream said %j',
    (text) => {
      const event = anthropic.refusalEvent(Buffer.from(text), 'req_1').toString();
      expect(event).toContain('"error":{"type":"invalid_request_error","message":"The upstream refused the request."}');
    },
  );
});
