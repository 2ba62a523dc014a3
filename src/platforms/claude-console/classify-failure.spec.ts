import { describe, expect, it } from '@jest/globals';
import type { AccountMark, AttemptFailure, FailureVerdict, HeaderMap } from '@crs/extension-api';
import { ACCOUNT_FAULT_TEXTS } from './account-faults.js';
import { classifyFailure } from './classify-failure.js';
import { LONGEST_RESET_MS } from './reset-time.js';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const GIVE_UP: FailureVerdict = { action: 'give_up' };
const UNMARKED: FailureVerdict = { action: 'other_account', mark: null };
const other = (type: AccountMark['type'], statusCode: number, resetAt?: Date): FailureVerdict => ({
  action: 'other_account',
  mark: resetAt === undefined ? { type, statusCode } : { type, statusCode, resetAt },
});

const anthropicError = (type: string, message: string, more: object = {}): string =>
  JSON.stringify({ type: 'error', error: { type, message, ...more }, request_id: 'req_1' });

function status(code: number, text = '', more: { headers?: HeaderMap; endpoint?: string } = {}): AttemptFailure {
  return { kind: 'status', status: code, headers: more.headers ?? {}, text, endpoint: more.endpoint ?? 'messages' };
}
const counting = { endpoint: 'count_tokens' };
const transport = (reason: Extract<AttemptFailure, { kind: 'transport' }>['reason']): AttemptFailure => ({
  kind: 'transport',
  reason,
  detail: 'it broke',
});
const malformed = (reason: Extract<AttemptFailure, { kind: 'malformed' }>['reason'], text = ''): AttemptFailure => ({
  kind: 'malformed',
  reason,
  text,
});
const errorEvent = (type: string, message = 'no', more: object = {}): AttemptFailure => ({
  kind: 'error_event',
  errorType: type,
  message,
  text: anthropicError(type, message, more),
});

const INVALID = anthropicError('invalid_request_error', 'messages: at least one message is required');

describe('classifyFailure', () => {
  it.each<[string, AttemptFailure, FailureVerdict]>([
    ['DNS', transport('dns'), other('connection', 0)],
    ['connect', transport('connect'), other('connection', 0)],
    ['TLS', transport('tls'), other('connection', 0)],
    ['proxy', transport('proxy'), other('connection', 0)],
    ['reset before the head', transport('reset'), other('connection', 0)],
    ['garbage before the head', transport('garbage'), other('connection', 0)],
    ['no head of a stream in time', { kind: 'timeout', reason: 'first_byte' }, other('connection', 0)],
    ['silence before the commit point', { kind: 'timeout', reason: 'idle' }, other('connection', 0)],
    ['an answer that outlives the request', { kind: 'timeout', reason: 'request' }, GIVE_UP],

    ['500', status(500, anthropicError('api_error', 'Internal server error')), other('server_error', 500)],
    ['502 in HTML', status(502, '<html><h1>502 Bad Gateway</h1></html>'), other('server_error', 502)],
    ['503', status(503), other('service_unavailable', 503)],
    ['504', status(504), other('timeout', 504)],
    ['529', status(529, anthropicError('overloaded_error', 'Overloaded')), other('overload', 529)],
    ['another 5xx', status(520), other('server_error', 520)],
    ['501 to messages', status(501), other('server_error', 501)],

    [
      '429 with retry-after',
      status(429, '', { headers: { 'retry-after': '30' } }),
      other('rate_limit', 429, later(30)),
    ],
    [
      '429 with a unified reset',
      status(429, '', { headers: { 'anthropic-ratelimit-unified-reset': String(NOW.getTime() / 1000 + 7200) } }),
      other('rate_limit', 429, later(7200)),
    ],
    [
      '429 with a reset in the body',
      status(429, anthropicError('usage_limit_reached', 'limit', { resets_in_seconds: 3600 })),
      other('rate_limit', 429, later(3600)),
    ],
    [
      '429 with a reset that is a month away',
      status(429, '', { headers: { 'retry-after': '2592000' } }),
      other('rate_limit', 429, later(LONGEST_RESET_MS / 1000)),
    ],
    ['429 without a reset', status(429, anthropicError('rate_limit_error', 'slow down')), other('rate_limit', 429)],

    ['401', status(401, anthropicError('authentication_error', 'invalid x-api-key')), other('auth_error', 401)],
    ['402', status(402), other('auth_error', 402)],
    ['403', status(403, anthropicError('permission_error', 'not for you')), other('auth_error', 403)],

    [
      '404 that names the model',
      status(404, anthropicError('not_found_error', 'model: claude-nope')),
      other('model_missing', 404),
    ],
    [
      '404 that names the model by a code',
      status(404, '{"error":{"code":"model_not_found","message":"x"}}'),
      other('model_missing', 404),
    ],
    ['404 of another kind', status(404, anthropicError('not_found_error', 'Not found: POST /v1/messages')), GIVE_UP],
    ['404 without words', status(404), GIVE_UP],
    ['404 to count_tokens', status(404, 'Not Found', counting), other('endpoint_missing', 404)],
    ['405 to count_tokens', status(405, '', counting), other('endpoint_missing', 405)],
    ['501 to count_tokens', status(501, '', counting), other('endpoint_missing', 501)],
    [
      '404 to count_tokens that names the model',
      status(404, anthropicError('not_found_error', 'model: x'), counting),
      other('model_missing', 404),
    ],
    ['500 to count_tokens', status(500, '', counting), other('server_error', 500)],
    ['400 to count_tokens', status(400, INVALID, counting), GIVE_UP],

    ['400', status(400, INVALID), GIVE_UP],
    ['413', status(413), GIVE_UP],
    ['422', status(422), GIVE_UP],
    ['another 4xx', status(418), GIVE_UP],
    ['405 to messages', status(405), other('connection', 405)],
    ['a proxy that wants a password', status(407), other('connection', 407)],
    ['408', status(408), other('connection', 408)],
    ['409', status(409), UNMARKED],
    ['425', status(425), UNMARKED],
    ['a redirect', status(302), other('connection', 302)],
    ['a success without an answer', status(204), other('connection', 204)],

    ['200 with HTML', malformed('not_sse', '<!doctype html><p>please log in'), other('connection', 200)],
    ['200 with something that is no JSON', malformed('not_json', 'hello'), other('connection', 200)],
    ['200 with nothing', malformed('empty'), other('connection', 200)],
    ['200 with more than can be kept', malformed('too_large'), GIVE_UP],
    [
      '200 with an error',
      malformed('error_body', anthropicError('overloaded_error', 'Overloaded')),
      other('overload', 529),
    ],
    [
      '200 with an error that names a reset',
      malformed('error_body', anthropicError('rate_limit_error', 'slow', { resets_in_seconds: 60 })),
      other('rate_limit', 429, later(60)),
    ],
    ['200 with an error that blames the request', malformed('error_body', INVALID), other('connection', 200)],
    ['200 with an error of its own kind', malformed('error_body', '{"error":"nope"}'), other('connection', 200)],

    ['overloaded_error in a stream', errorEvent('overloaded_error'), other('overload', 529)],
    ['rate_limit_error in a stream', errorEvent('rate_limit_error'), other('rate_limit', 429)],
    [
      'rate_limit_error with a reset in a stream',
      errorEvent('rate_limit_error', 'no', { resets_in_seconds: 5 }),
      other('rate_limit', 429, later(5)),
    ],
    ['authentication_error in a stream', errorEvent('authentication_error'), other('auth_error', 401)],
    ['billing_error in a stream', errorEvent('billing_error'), other('auth_error', 402)],
    ['permission_error in a stream', errorEvent('permission_error'), other('auth_error', 403)],
    ['api_error in a stream', errorEvent('api_error'), other('server_error', 500)],
    ['timeout_error in a stream', errorEvent('timeout_error'), other('timeout', 504)],
    ['invalid_request_error in a stream', errorEvent('invalid_request_error', 'max_tokens: too many'), GIVE_UP],
    ['request_too_large in a stream', errorEvent('request_too_large'), GIVE_UP],
    ['not_found_error in a stream', errorEvent('not_found_error', 'no such file'), GIVE_UP],
    [
      'not_found_error about the model in a stream',
      errorEvent('not_found_error', 'model: x'),
      other('model_missing', 404),
    ],
    [
      'an account fault in a stream',
      errorEvent('invalid_request_error', 'Your credit balance is too low'),
      other('blocked', 400),
    ],
    ['an unknown error in a stream', errorEvent('strange_error'), other('server_error', 500)],
    [
      'an error in a stream whose data is no JSON',
      { kind: 'error_event', errorType: 'api_error', message: '', text: 'oops' },
      other('server_error', 500),
    ],
  ])('judges %s', (_, failure, expected) => {
    expect(classifyFailure(failure, NOW)).toEqual(expected);
  });

  it.each(ACCOUNT_FAULT_TEXTS)('blames the account for "%s", in any case and form', (text) => {
    const spoken = `This ${text.toUpperCase()}.`;
    for (const code of [400, 403]) {
      for (const body of [
        anthropicError('invalid_request_error', spoken),
        JSON.stringify({ error: spoken }),
        JSON.stringify({ error: 'Forbidden', message: spoken }),
        spoken,
      ]) {
        expect(classifyFailure(status(code, body), NOW)).toEqual(other('blocked', code));
      }
    }
    expect(classifyFailure(status(422, spoken), NOW)).toEqual(GIVE_UP);
  });

  it('does not take the words of a prompt for a fault of the account', () => {
    const body = JSON.stringify({
      error: { type: 'invalid_request_error', message: 'messages.0: too long' },
      input: 'my account has been disabled',
    });
    expect(classifyFailure(status(400, body), NOW)).toEqual(GIVE_UP);
  });
});
