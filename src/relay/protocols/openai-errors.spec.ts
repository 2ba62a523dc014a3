import { RelayError, type RelayErrorCode, type RelayErrorOptions } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { openAiErrorAnswer } from './openai-errors.js';

const RESET = new Date('2026-11-24T07:46:00.001Z');
const RESETS_AT = Date.parse('2026-11-24T07:46:01Z') / 1000;

const answerTo = (code: RelayErrorCode, options: RelayErrorOptions = {}) =>
  openAiErrorAnswer(new RelayError(code, 'words', options), 'req_1');

describe('openAiErrorAnswer', () => {
  it.each<[RelayErrorCode, number, string, string | null]>([
    ['missing_key', 401, 'authentication_error', 'invalid_api_key'],
    ['invalid_key', 401, 'authentication_error', 'invalid_api_key'],
    ['permission_denied', 400, 'permission_denied', 'permission_denied'],
    ['model_not_allowed', 400, 'permission_denied', 'permission_denied'],
    ['too_many_requests', 429, 'rate_limit_exceeded', 'rate_limit_exceeded'],
    ['window_exceeded', 429, 'usage_limit_reached', 'usage_limit_reached'],
    ['budget_spent', 429, 'usage_limit_reached', 'usage_limit_reached'],
    ['invalid_request', 400, 'invalid_request_error', null],
    ['body_too_large', 413, 'invalid_request_error', null],
    ['not_found', 404, 'invalid_request_error', 'not_found'],
    ['endpoint_missing', 404, 'invalid_request_error', 'endpoint_missing'],
    ['no_account', 503, 'server_error', 'no_account'],
    ['upstream_rate_limited', 429, 'rate_limit_exceeded', 'rate_limit_exceeded'],
    ['upstream_failed', 502, 'server_error', 'upstream_error'],
    ['upstream_timeout', 504, 'server_error', 'upstream_timeout'],
    ['internal', 500, 'server_error', 'internal_error'],
  ])('answers %s with %d %s, and that it is not to be tried again', (code, status, type, expectedCode) => {
    expect(answerTo(code)).toEqual({
      status,
      headers: { 'content-type': 'application/json', 'x-request-id': 'req_1', 'x-should-retry': 'false' },
      body: { error: { message: 'words', type, param: null, code: expectedCode } },
    });
  });

  it.each<[RelayErrorCode, Record<string, string>]>([
    ['too_many_requests', { 'retry-after': '7' }],
    ['no_account', { 'retry-after': '7' }],
    ['upstream_rate_limited', { 'retry-after': '7' }],
    ['internal', { 'retry-after': '7' }],
    ['window_exceeded', { 'retry-after': '7', 'x-should-retry': 'false' }],
    ['budget_spent', { 'x-should-retry': 'false' }],
  ])('says when to come back from %s', (code, expected) => {
    const { headers } = answerTo(code, { retryAfterSeconds: 7 });
    expect(headers).toEqual({ 'content-type': 'application/json', 'x-request-id': 'req_1', ...expected });
  });

  it.each<[string, RelayErrorCode, RelayErrorOptions, object]>([
    [
      'a window',
      'window_exceeded',
      { resetAt: RESET, retryAfterSeconds: 90 },
      { type: 'usage_limit_reached', resets_at: RESETS_AT, resets_in_seconds: 90 },
    ],
    ['a budget', 'budget_spent', { resetAt: RESET }, { type: 'usage_limit_reached', resets_at: RESETS_AT }],
    [
      'a rate limit that lasts',
      'upstream_rate_limited',
      { resetAt: RESET },
      { type: 'usage_limit_reached', code: 'usage_limit_reached', resets_at: RESETS_AT },
    ],
    [
      'a rate limit of all accounts, as is known',
      'no_account',
      { resetAt: RESET },
      { type: 'usage_limit_reached', resets_at: RESETS_AT },
    ],
  ])('says when %s ends, never too early', (_, code, options, expected) => {
    const { status, body } = answerTo(code, options);
    expect(status).toBe(429);
    expect(body).toEqual({
      error: { message: 'words', param: null, code: 'usage_limit_reached', ...expected },
    });
  });

  it.each<[string, RelayErrorCode, RelayErrorOptions]>([
    ['a rate limit that ends soon', 'upstream_rate_limited', { resetAt: RESET, retryAfterSeconds: 30 }],
    ['accounts whose limits end soon', 'no_account', { resetAt: RESET, retryAfterSeconds: 30 }],
    ['what is no limit', 'upstream_failed', { resetAt: RESET }],
  ])('tells no end of %s', (_, code, options) => {
    expect(Object.keys((answerTo(code, options).body as { error: object }).error)).not.toContain('resets_at');
  });

  it('tells rate limits of all accounts as such where one ends soon', () => {
    const { status, headers, body } = answerTo('no_account', { resetAt: RESET, retryAfterSeconds: 30 });
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 429, retryAfter: '30' });
    expect(body).toEqual({
      error: { message: 'words', type: 'rate_limit_exceeded', param: null, code: 'rate_limit_exceeded' },
    });
  });

  it.each([
    ['upstream_failed', 529, 503],
    ['upstream_failed', 599, 503],
    ['upstream_failed', 500, 500],
    ['upstream_failed', 504, 504],
    ['internal', 503, 503],
    ['invalid_request', 404, 404],
    ['invalid_request', 413, 413],
    ['invalid_request', 418, 418],
    ['invalid_request', 498, 498],
    ['permission_denied', 403, 403],
  ] as const)('answers %s that carries %d with %d', (code, carried, status) => {
    expect(answerTo(code, { status: carried }).status).toBe(status);
  });
});
