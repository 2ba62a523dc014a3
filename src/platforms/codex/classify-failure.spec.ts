import { describe, expect, it } from '@jest/globals';
import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict } from '@crs/extension-api';
import { readFileSync } from 'node:fs';
import {
  failureContextOf,
  GIVE_UP,
  later,
  malformed,
  other,
  status,
  transport,
  UNMARKED,
} from '../../../test/support/failures.js';
import { ACCOUNT_FAULT_TEXTS, classifyFailure } from './classify-failure.js';
import { REFUSED_ACCOUNT_KINDS, STATUS_BY_KIND } from './error-kinds.js';

const context = failureContextOf({ model: 'gpt-5-mini', endpoint: 'responses' });

const openAiError = (code: string | null, message = 'no', more: object = {}): string =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code, ...more } });
/** What a `response.failed` tells, as the relay hands it over. */
const failed = (code: string, message = 'no', more: object = {}): AttemptFailure => ({
  kind: 'error_event',
  errorType: code,
  message,
  text: JSON.stringify({ type: 'response.failed', response: { status: 'failed', error: { code, message, ...more } } }),
});
const marked = (type: AccountMark['type'], statusCode: number, more: Partial<AccountMark>): FailureVerdict => ({
  action: 'other_account',
  mark: { type, statusCode, ...more },
});
const doubtful = (type: AccountMark['type'], statusCode: number): FailureVerdict =>
  marked(type, statusCode, { doubtful: true });
const atCompact: Partial<FailureContext> = { endpoint: 'compact' };
const atChat: Partial<FailureContext> = { endpoint: 'chat_completions' };
const again: Partial<FailureContext> = { sameFailures: 1 };

const RATE =
  'Rate limit reached for gpt-5-mini in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000.';
const HELP = 'Visit https://platform.openai.com/account/rate-limits to learn more.';
/** The `mcp` tool of a request leads nowhere. */
const CONNECTOR = { type: 'external_connector_error', param: 'tools' };
const NO_URL = 'Invalid URL (POST /responses)';

type Row = readonly (readonly [
  said: string,
  failure: AttemptFailure,
  verdict: FailureVerdict,
  change?: Partial<FailureContext>,
])[];

/** What comes back, row by row as the relay promises it. */
const ROWS: Readonly<Record<string, Row>> = {
  'no answer': [
    ['connect', transport('connect'), other('connection', 0)],
    ['connect at compact', transport('connect'), other('connection', 0), atCompact],
    ['no head of a stream in time', { kind: 'timeout', reason: 'first_byte' }, other('connection', 0)],
    ['no whole answer in time', { kind: 'timeout', reason: 'request' }, GIVE_UP, atCompact],
  ],
  '5xx': [
    ['500', status(500, openAiError('server_error')), other('server_error', 500)],
    ['500 of several accounts', status(500, openAiError('server_error')), doubtful('server_error', 500), again],
    ['502 in HTML', status(502, '<html>Bad gateway</html>'), other('server_error', 502)],
    ['503', status(503, openAiError('server_is_overloaded')), other('service_unavailable', 503)],
    ['504', status(504), other('timeout', 504)],
    ['529', status(529), other('overload', 529)],
    ['500 in a stream', failed('server_error'), other('server_error', 500)],
    ['overload in a stream', failed('server_is_overloaded'), other('service_unavailable', 503)],
    ['"slow down" in a stream', failed('slow_down'), other('service_unavailable', 503)],
    ['what nobody knows in a stream', failed('gone_fishing'), other('connection', 200)],
    ['what nobody knows of several accounts', failed('gone_fishing'), doubtful('connection', 200), again],
    ['HTML of several accounts', malformed('not_sse', '<html>'), doubtful('connection', 200), again],
    [
      'a code that nobody knows of a type that is known',
      failed('gone_fishing', 'no', { type: 'invalid_request_error' }),
      GIVE_UP,
    ],
  ],
  'the key or the money of the account': [
    ['401', status(401, openAiError('invalid_api_key')), other('auth_error', 401)],
    ['402', status(402), other('auth_error', 402)],
    ['403', status(403, openAiError('unsupported_country_region_territory')), other('auth_error', 403)],
    ['403 of several accounts', status(403), doubtful('auth_error', 403), again],
    [
      'no money as 429',
      status(429, openAiError('insufficient_quota'), { 'retry-after': '5' }),
      other('auth_error', 429),
    ],
    ['no money as 403', status(403, openAiError('insufficient_quota')), other('auth_error', 403), again],
    [
      'no money by its type alone',
      status(429, openAiError(null, 'You exceeded your current quota.', { type: 'insufficient_quota' })),
      other('auth_error', 429),
    ],
    ['no money in a stream', failed('insufficient_quota'), other('auth_error', 402)],
    ['a dead account', status(400, openAiError('account_deactivated')), other('auth_error', 400)],
    ['at compact', status(401), other('auth_error', 401), atCompact],
  ],
  'a request that only the client can mend': [
    ['too long', status(400, openAiError('context_length_exceeded')), GIVE_UP],
    ['too long in a stream', failed('context_length_exceeded'), GIVE_UP],
    ['invalid prompt in a stream', failed('invalid_prompt'), GIVE_UP],
    ['an image in a stream', failed('image_too_large'), GIVE_UP],
    ['a tool server that cannot be reached', status(424, openAiError('http_error', 'no', CONNECTOR)), GIVE_UP],
    ['a tool server that cannot be reached, in a stream', failed('http_error', 'no', CONNECTOR), GIVE_UP],
    ['413', status(413), GIVE_UP],
    ['422', status(422), GIVE_UP],
    ['a response that is not there', status(404, openAiError(null, "Response 'resp_1' not found.")), GIVE_UP],
  ],
  'an organization or project that somebody else has named': [
    ['organization', status(401, openAiError('mismatched_organization')), UNMARKED],
    ['project', status(401, openAiError('mismatched_project')), UNMARKED],
    ['unknown organization', status(401, openAiError('invalid_organization')), UNMARKED],
    ['organization in a stream', failed('mismatched_organization'), UNMARKED],
  ],
  'a model that the account does not have': [
    ['404 by its code', status(404, openAiError('model_not_found')), other('model_missing', 404)],
    ['400 by its code', status(400, openAiError('model_not_found')), other('model_missing', 400)],
    ['503 by its code', status(503, openAiError('model_not_found')), other('model_missing', 503)],
    ['in a stream', failed('model_not_found'), other('model_missing', 404)],
    [
      '404 by its name',
      status(404, openAiError(null, 'The model `gpt-5-mini` does not exist')),
      other('model_missing', 404),
    ],
    ['400 by its name', status(400, openAiError(null, 'gpt-5-mini cannot do this')), GIVE_UP],
    [
      '404 of a model that is named like the URL',
      status(404, openAiError(null, 'Invalid URL (POST /v1/responses)')),
      other('endpoint_missing', 404),
      { model: 'responses' },
    ],
  ],
  'an endpoint that the upstream does not have': [
    ['404 in HTML', status(404, '<html>gpt-5-mini</html>'), other('endpoint_missing', 404)],
    ['404 with nothing', status(404), other('endpoint_missing', 404)],
    ['404 in another form', status(404, '{"detail":"Not Found"}'), other('endpoint_missing', 404)],
    ['404 in another form of error', status(404, '{"error":"Not Found"}'), other('endpoint_missing', 404)],
    ['404 about the URL', status(404, openAiError(null, NO_URL)), other('endpoint_missing', 404)],
    [
      '404 about the request URL',
      status(404, openAiError('unknown_url', 'Unknown request URL: POST /x')),
      other('endpoint_missing', 404),
    ],
    ['405', status(405), other('endpoint_missing', 405)],
    [
      '405 about the method',
      status(405, openAiError(null, 'Invalid method for URL (POST /x)')),
      other('endpoint_missing', 405),
    ],
    ['501', status(501, 'Not Implemented'), other('endpoint_missing', 501), atCompact],
    ['501 in the form of the protocol', status(501, openAiError('server_error')), other('server_error', 501)],
    ['405 in the form of the protocol', status(405, openAiError(null)), other('connection', 405)],
  ],
  'a rate limit': [
    ['without a reset', status(429), other('rate_limit', 429)],
    [
      'of the plan',
      status(429, openAiError('usage_limit_reached', 'limit', { resets_in_seconds: 120 })),
      other('rate_limit', 429, later(120)),
    ],
    ['in a stream', failed('rate_limit_exceeded', 'Try again in 20s'), other('rate_limit', 429, later(20))],
    [
      'of the plan in a stream',
      failed('usage_limit_reached', 'limit', { resets_in_seconds: 60 }),
      other('rate_limit', 429, later(60)),
    ],
    [
      'of one model',
      status(429, openAiError('rate_limit_exceeded', `${RATE} ${HELP}`)),
      marked('rate_limit', 429, { scope: 'model' }),
    ],
    ['of another model', status(429, openAiError(null, RATE)), other('rate_limit', 429), { model: 'gpt-5' }],
    ['of two models', status(429, openAiError(null, `${RATE} So for gpt-5-nano.`)), other('rate_limit', 429)],
    ['of the account', status(429, openAiError(null, `${RATE} Add money to your account.`)), other('rate_limit', 429)],
    [
      'of a model without a name',
      status(429, openAiError(null, 'Rate limit reached for ')),
      other('rate_limit', 429),
      { model: '' },
    ],
    [
      'that this request alone is more than',
      status(
        429,
        openAiError('rate_limit_exceeded', 'Request too large for gpt-5-mini on TPM: Limit 30000, Requested 50000.'),
      ),
      UNMARKED,
    ],
    [
      'with a time that is quoted from the name of the model',
      status(429, openAiError(null, 'Rate limit reached for x, please try again in 6 days on your plan.')),
      other('rate_limit', 429),
      { model: 'X, please try again in 6 days' },
    ],
    ['at compact', status(429, '', { 'retry-after': '9' }), other('rate_limit', 429, later(9)), atCompact],
  ],
  'a 200 that is no answer': [
    ['HTML', malformed('not_sse', '<html>'), other('connection', 200)],
    ['an error', malformed('error_body', openAiError('rate_limit_exceeded')), other('rate_limit', 429)],
    ["a client's error", malformed('error_body', openAiError('invalid_prompt')), UNMARKED],
    ['too much', malformed('too_large'), GIVE_UP],
  ],
  'an endpoint that fails apart from the others': [
    ['500 at compact', status(500), marked('server_error', 500, { scope: 'endpoint' }), atCompact],
    [
      'HTML at chat completions',
      malformed('not_json', '<p>'),
      marked('connection', 200, { scope: 'endpoint' }),
      atChat,
    ],
    ['overload at chat completions', status(529), other('overload', 529), atChat],
  ],
};

describe.each(Object.entries(ROWS))('%s', (_, rows) => {
  it.each([...rows])('%s', (_said, failure, verdict, change = {}) => {
    expect(classifyFailure(failure, { ...context, ...change })).toEqual(verdict);
  });
});

describe('a failure as the upstream tells it', () => {
  it('is read out of a recorded stream', () => {
    const text =
      /event: response\.failed\ndata: (.*)/.exec(
        readFileSync(new URL('fixtures/failed.sse', import.meta.url), 'utf8'),
      )?.[1] ?? '';
    const { error } = (JSON.parse(text) as { response: { error: { code: string; message: string } } }).response;
    const failure: AttemptFailure = { kind: 'error_event', errorType: error.code, message: error.message, text };
    expect(classifyFailure(failure, context)).toEqual(
      marked('rate_limit', 429, { resetAt: later(1.5), scope: 'model' }),
    );
  });

  it.each(ACCOUNT_FAULT_TEXTS)('blames the account for "%s"', (words) => {
    const told = openAiError(null, `This ${words.toUpperCase()}.`);
    for (const code of [400, 403]) expect(classifyFailure(status(code, told), context)).toEqual(other('blocked', code));
    const quoted = { ...context, requestHolds: (text: string) => text === words };
    expect(classifyFailure(status(400, told), quoted)).toEqual(UNMARKED);
    expect(classifyFailure(status(400, told), { ...quoted, ...again })).toEqual(GIVE_UP);
  });

  it.each([...STATUS_BY_KIND])('says the same by %s in a stream as by %i outside of it', (kind, code) => {
    const inside = classifyFailure(failed(kind), context);
    const outside = classifyFailure(status(code, openAiError(kind, 'no', { type: kind })), context);
    expect(inside).toEqual(outside);
  });

  it.each([...REFUSED_ACCOUNT_KINDS])('never takes %s for a short limit', (kind) => {
    for (const code of [400, 403, 429])
      expect(classifyFailure(status(code, openAiError(kind)), context)).toEqual(other('auth_error', code));
  });
});
