import { describe, expect, it } from '@jest/globals';
import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict, HeaderMap } from '@crs/extension-api';
import {
  anthropicError,
  errorEvent,
  failureContextOf,
  GIVE_UP,
  later,
  malformed,
  other,
  status,
  transport,
  UNMARKED,
} from '../../../test/support/failures.js';
import { classifyFailure } from './classify-failure.js';

const context = failureContextOf();
const ofModel = (resetAt?: Date): FailureVerdict => ({
  action: 'other_account',
  mark: { type: 'rate_limit', statusCode: 429, ...(resetAt && { resetAt }), scope: 'model' },
});

const counting: Partial<FailureContext> = { endpoint: 'count_tokens' };
const ofEndpoint = (type: AccountMark['type'], statusCode: number, resetAt?: Date): FailureVerdict => ({
  action: 'other_account',
  mark: { type, statusCode, ...(resetAt && { resetAt }), scope: 'endpoint' },
});
const doubtful = (type: AccountMark['type'], statusCode: number): FailureVerdict => ({
  action: 'other_account',
  mark: { type, statusCode, doubtful: true },
});

type Row = readonly (readonly [
  said: string,
  failure: AttemptFailure,
  verdict: FailureVerdict,
  change?: Partial<FailureContext>,
])[];

const INVALID = anthropicError('invalid_request_error', 'messages: at least one message is required');
const unifiedReset = (seconds: number): HeaderMap => ({
  'anthropic-ratelimit-unified-reset': String(later(seconds).getTime() / 1000),
});

/**
 * What comes back, row by row as the relay promises it. Two rows are not here, because nothing is classified there: what
 * breaks behind the commit point, and a client that has gone.
 */
const ROWS: Readonly<Record<string, Row>> = {
  'DNS, connect, TLS, proxy error; reset or garbage before the head; no head of a stream in time': [
    ['DNS', transport('dns'), other('connection', 0)],
    ['connect', transport('connect'), other('connection', 0)],
    ['TLS', transport('tls'), other('connection', 0)],
    ['proxy', transport('proxy'), other('connection', 0)],
    ['reset before the head', transport('reset'), other('connection', 0)],
    ['garbage before the head', transport('garbage'), other('connection', 0)],
    ['no head of a stream in time', { kind: 'timeout', reason: 'first_byte' }, other('connection', 0)],
  ],
  'a request without a stream that outlives its time': [
    ['no whole answer in time', { kind: 'timeout', reason: 'request' }, GIVE_UP],
  ],
  '500, 502, 503, 504, 529, other 5xx': [
    ['500', status(500, anthropicError('api_error', 'Internal server error')), other('server_error', 500)],
    ['502 in HTML', status(502, '<html><h1>502 Bad Gateway</h1></html>'), other('server_error', 502)],
    ['503', status(503), other('service_unavailable', 503)],
    ['504', status(504), other('timeout', 504)],
    ['529', status(529, anthropicError('overloaded_error', 'Overloaded')), other('overload', 529)],
    ['501', status(501), other('server_error', 501)],
    ['520', status(520), other('server_error', 520)],
    ['521', status(521), other('server_error', 521)],
    ['599', status(599), other('server_error', 599)],
    ['503 that speaks of an account', status(503, 'no account supporting it'), other('service_unavailable', 503)],
  ],
  '429 with a reset': [
    ['retry-after', status(429, '', { 'retry-after': '30' }), other('rate_limit', 429, later(30))],
    ['a unified reset', status(429, '', unifiedReset(7200)), other('rate_limit', 429, later(7200))],
    ['a header of Codex', status(429, '', { 'x-codex-ratelimit-reset': '45' }), other('rate_limit', 429, later(45))],
    [
      'a reset in the body',
      status(429, anthropicError('usage_limit_reached', 'limit', { resets_in_seconds: 3600 })),
      other('rate_limit', 429, later(3600)),
    ],
    [
      'a reset that is a month away',
      status(429, '', { 'retry-after': '2592000' }),
      other('rate_limit', 429, later(2_592_000)),
    ],
    [
      'a reset of one model',
      status(429, anthropicError('rate_limit_error', `Too many requests for ${context.model}`), {
        'retry-after': '30',
      }),
      ofModel(later(30)),
    ],
  ],
  '429 without a reset': [
    ['429', status(429, anthropicError('rate_limit_error', 'slow down')), other('rate_limit', 429)],
    ['429 about one model', status(429, '{"error":{"code":"model_cooldown","message":"wait"}}'), ofModel()],
  ],
  '401, 403, 402': [
    ['401', status(401, anthropicError('authentication_error', 'invalid x-api-key')), other('auth_error', 401)],
    ['402', status(402), other('auth_error', 402)],
    ['402 with words', status(402, anthropicError('billing_error', 'pay first')), other('auth_error', 402)],
    ['403', status(403, anthropicError('permission_error', 'not for you')), other('auth_error', 403)],
    ['401 that speaks of the account', status(401, 'account is disabled'), other('auth_error', 401)],
  ],
  '400 or 403 whose text is an account fault': [
    [
      '400',
      status(400, anthropicError('invalid_request_error', 'This organization has been disabled.')),
      other('blocked', 400),
    ],
    [
      '403',
      status(403, anthropicError('permission_error', 'Your credit balance is too low to access the API.')),
      other('blocked', 403),
    ],
    ['400 to count_tokens', status(400, 'Too many active sessions'), other('blocked', 400), counting],
  ],
  '404 whose error names the model': [
    ['by its message', status(404, anthropicError('not_found_error', 'model: x')), other('model_missing', 404)],
    ['by its code', status(404, '{"error":{"code":"model_not_found","message":"x"}}'), other('model_missing', 404)],
    [
      'by its name',
      status(404, anthropicError('not_found_error', `There is no ${context.model.toUpperCase()}`)),
      other('model_missing', 404),
    ],
    ['in HTML', status(404, '<html><p>See our AI models</p></html>'), GIVE_UP],
    ['in HTML that begins with it', status(404, `Model ${context.model} not found`), GIVE_UP],
    ['in passing', status(404, anthropicError('not_found_error', 'Not found. See our models.')), GIVE_UP],
    ['in an error of another type', status(404, anthropicError('api_error', 'model: x')), GIVE_UP],
    ['by a trivial name', status(404, anthropicError('not_found_error', 'Not found')), GIVE_UP, { model: 'not' }],
  ],
  '404, 405, 501 on count_tokens': [
    ['404', status(404, 'Not Found'), other('endpoint_missing', 404), counting],
    ['405', status(405), other('endpoint_missing', 405), counting],
    ['501', status(501), other('endpoint_missing', 501), counting],
    [
      '404 that speaks of a model in passing',
      status(404, anthropicError('not_found_error', 'count_tokens is not available for this model')),
      other('endpoint_missing', 404),
      counting,
    ],
    // It may have the model for messages: only the client is told.
    [
      '404 that names the model',
      status(404, anthropicError('not_found_error', 'model: x')),
      ofEndpoint('model_missing', 404),
      counting,
    ],
  ],
  'count_tokens otherwise: what fails is the endpoint, but for the way to the account and its key': [
    ['429', status(429), ofEndpoint('rate_limit', 429), counting],
    ['429 with a reset', status(429, '', { 'retry-after': '30' }), ofEndpoint('rate_limit', 429, later(30)), counting],
    [
      '429 about one model',
      status(429, '{"error":{"code":"model_cooldown","message":"wait"}}'),
      ofEndpoint('rate_limit', 429),
      counting,
    ],
    ['500', status(500), ofEndpoint('server_error', 500), counting],
    ['503', status(503), ofEndpoint('service_unavailable', 503), counting],
    ['529', status(529), ofEndpoint('overload', 529), counting],
    ['408', status(408), ofEndpoint('connection', 408), counting],
    ['409', status(409), UNMARKED, counting],
    ['HTML', malformed('not_json', '<p>hello'), ofEndpoint('connection', 200), counting],
    [
      'a rate limit in a 200',
      malformed('error_body', anthropicError('rate_limit_error', 'slow', { resets_in_seconds: 60 })),
      ofEndpoint('rate_limit', 429, later(60)),
      counting,
    ],
    [
      'a missing endpoint in a 200',
      malformed('error_body', anthropicError('not_found_error', 'Not found')),
      other('endpoint_missing', 404),
      counting,
    ],
    ['silence', { kind: 'timeout', reason: 'first_byte' }, ofEndpoint('connection', 0), counting],
    ['connect', transport('connect'), other('connection', 0), counting],
    ['401', status(401), other('auth_error', 401), counting],
    ['400', status(400, INVALID), GIVE_UP, counting],
  ],
  'other 400, 404, 413, 422': [
    ['400', status(400, INVALID), GIVE_UP],
    ['404', status(404, anthropicError('not_found_error', 'Not found: POST /v1/messages')), GIVE_UP],
    ['404 without words', status(404), GIVE_UP],
    ['413', status(413), GIVE_UP],
    ['422', status(422), GIVE_UP],
    ['another 4xx', status(418), GIVE_UP],
  ],
  '200 with HTML, an error, nothing, or no stream where one was asked for': [
    ['HTML', malformed('not_sse', '<!doctype html><p>please log in'), other('connection', 200)],
    ['no JSON', malformed('not_json', 'hello'), other('connection', 200)],
    ['nothing', malformed('empty'), other('connection', 200)],
    ['compressed', malformed('compressed'), other('connection', 200)],
    ['more than can be kept', malformed('too_large'), GIVE_UP],
    ['an error', malformed('error_body', anthropicError('overloaded_error', 'Overloaded')), other('overload', 529)],
    [
      'an error that names a reset',
      malformed('error_body', anthropicError('rate_limit_error', 'slow', { resets_in_seconds: 60 })),
      other('rate_limit', 429, later(60)),
    ],
    ['an error that blames the request', malformed('error_body', INVALID), UNMARKED],
    ['an error of its own kind', malformed('error_body', '{"error":"nope"}'), other('connection', 200)],
  ],
  'an error event before the commit point, by its type': [
    ['overloaded_error', errorEvent('overloaded_error'), other('overload', 529)],
    ['rate_limit_error', errorEvent('rate_limit_error'), other('rate_limit', 429)],
    [
      'rate_limit_error with a reset',
      errorEvent('rate_limit_error', 'no', { resets_in_seconds: 5 }),
      other('rate_limit', 429, later(5)),
    ],
    ['rate_limit_error of a model', errorEvent('rate_limit_error', `model ${context.model} is busy`), ofModel()],
    ['authentication_error', errorEvent('authentication_error'), other('auth_error', 401)],
    ['billing_error', errorEvent('billing_error'), other('auth_error', 402)],
    ['permission_error', errorEvent('permission_error'), other('auth_error', 403)],
    ['api_error', errorEvent('api_error'), other('server_error', 500)],
    ['timeout_error', errorEvent('timeout_error'), other('timeout', 504)],
    ['invalid_request_error', errorEvent('invalid_request_error', 'max_tokens: too many'), GIVE_UP],
    ['request_too_large', errorEvent('request_too_large'), GIVE_UP],
    ['not_found_error', errorEvent('not_found_error', 'no such file'), GIVE_UP],
    ['not_found_error about the model', errorEvent('not_found_error', 'model: x'), other('model_missing', 404)],
    ['an account fault', errorEvent('invalid_request_error', 'Your credit balance is too low'), other('blocked', 400)],
    ['an unknown type', errorEvent('strange_error'), other('connection', 200)],
    ['invalid_request, as some spell it', errorEvent('invalid_request', 'prompt is too long'), GIVE_UP],
    [
      'data that is no JSON',
      { kind: 'error_event', errorType: 'api_error', message: '', text: 'oops' },
      other('server_error', 500),
    ],
  ],
  'what another account has answered to the same request': [
    ['500 again', status(500), doubtful('server_error', 500), { sameFailures: 1 }],
    ['529 again', status(529), other('overload', 529), { sameFailures: 4 }],
    ['503 again', status(503), other('service_unavailable', 503), { sameFailures: 4 }],
    ['403 again', status(403, '<h1>Request blocked</h1>'), doubtful('auth_error', 403), { sameFailures: 1 }],
    ['401 again', status(401), other('auth_error', 401), { sameFailures: 1 }],
    ['429 again', status(429), other('rate_limit', 429), { sameFailures: 1 }],
    ['an account fault again', status(403, 'Account not found'), other('blocked', 403), { sameFailures: 1 }],
  ],
  'silence before the commit point of a stream': [
    ['nothing for too long', { kind: 'timeout', reason: 'idle' }, other('connection', 0)],
  ],
  'what speaks of the upstream or the way to it': [
    ['405 to messages', status(405), other('connection', 405)],
    ['a proxy that wants a password', status(407), other('connection', 407)],
    ['408', status(408), other('connection', 408)],
    ['409', status(409), UNMARKED],
    ['421', status(421), other('connection', 421)],
    ['425', status(425), UNMARKED],
    ['a redirect', status(302), other('connection', 302)],
    ['a success without an answer', status(204), other('connection', 204)],
  ],
};

describe('classifyFailure', () => {
  describe.each(Object.entries(ROWS))('judges %s', (_, row) => {
    it.each(row)('%s', (_said, failure, verdict, change = {}) => {
      expect(classifyFailure(failure, { ...context, ...change })).toEqual(verdict);
    });
  });
});
