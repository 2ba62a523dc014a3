import { describe, expect, it } from '@jest/globals';
import type { AccountMark, AttemptFailure, FailureContext, FailureVerdict } from '@crs/extension-api';
import { createClassifier } from './failure-classifier.js';
import type { FailureTables } from './failure-tables.js';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const context: FailureContext = {
  now: NOW,
  model: 'model-1',
  endpoint: 'main',
  accountFaultTexts: [],
  sameFailures: 0,
  requestHolds: () => false,
};
const GIVE_UP: FailureVerdict = { action: 'give_up' };
const UNMARKED: FailureVerdict = { action: 'other_account', mark: null };
const other = (type: AccountMark['type'], statusCode: number, more: Partial<AccountMark> = {}): FailureVerdict => ({
  action: 'other_account',
  mark: { type, statusCode, ...more },
});
const status = (code: number, text = ''): AttemptFailure => ({ kind: 'status', status: code, headers: {}, text });
const error = (fields: object): string => JSON.stringify({ error: { message: 'no', ...fields } });
const malformed = (text: string): AttemptFailure => ({ kind: 'malformed', reason: 'error_body', text });
const event = (errorType: string, text = ''): AttemptFailure => ({
  kind: 'error_event',
  errorType,
  message: 'no',
  text,
});

describe('createClassifier', () => {
  describe('of an upstream of which nothing is known', () => {
    const sut = createClassifier({});

    it.each<[string, AttemptFailure, FailureVerdict]>([
      ['a crash', status(500), other('server_error', 500)],
      ['a rate limit', status(429), other('rate_limit', 429)],
      [
        'a rate limit with an end',
        status(429, error({ resets_in_seconds: 30 })),
        other('rate_limit', 429, { resetAt: new Date(NOW.getTime() + 30_000) }),
      ],
      ['a dead organization', status(400, 'Your organization has been disabled.'), other('blocked', 400)],
      ['a model that it does not have', status(404, error({ message: 'No model-1' })), other('model_missing', 404)],
      ['a page that speaks of the model', status(404, 'No model-1'), GIVE_UP],
      ["a client's mistake", status(400, error({ type: 'invalid' })), GIVE_UP],
      ['an error in a stream', event('anything'), other('connection', 200)],
      ['a page instead of an answer', malformed('<p>'), other('connection', 200)],
    ])('judges %s', (_, failure, verdict) => {
      expect(sut(failure, context)).toEqual(verdict);
    });

    it.each([event('anything'), malformed('<p>'), malformed(error({ type: 'anything' }))])(
      'believes only half of what nobody knows and several accounts answer: %j',
      (failure) => {
        expect(sut(failure, { ...context, sameFailures: 1 })).toEqual(other('connection', 200, { doubtful: true }));
      },
    );
  });

  describe('of an upstream whose words are known', () => {
    const tables: Partial<FailureTables> = {
      kindsOf: ({ type, fields }) => [String(fields['code']), type],
      statusByKind: new Map([
        ['tired', 503],
        ['broke', 402],
        ['wrong', 400],
        ['mistaken', 401],
      ]),
      accountKinds: new Set(['broke']),
      blamelessKinds: new Set(['mistaken']),
      accountFaultTexts: ['we closed your account'],
      endpointsApart: new Set(['aside']),
      lacksEndpoint: ({ status: code }, { endpoint }) => code === 404 && endpoint === 'aside',
      isRequestLimit: ({ message }) => message === 'too much',
      resetOf: () => null,
      concernsModelOnly: (_, model) => model === 'model-1',
    };
    const sut = createClassifier(tables);
    const aside: FailureContext = { ...context, endpoint: 'aside' };

    it.each<[string, AttemptFailure, FailureVerdict, FailureContext?]>([
      ['a kind in a stream', event('tired'), other('service_unavailable', 503)],
      [
        'a second kind where the first is unknown',
        event('x', error({ type: 'tired' })),
        other('service_unavailable', 503),
      ],
      ["a client's mistake in a stream", event('wrong'), GIVE_UP],
      ['money in a stream', event('broke', error({ code: 'broke' })), other('auth_error', 402)],
      ['money under another status', status(429, error({ code: 'broke' })), other('auth_error', 429)],
      ['what is no fault of the account', status(401, error({ code: 'mistaken' })), UNMARKED],
      ['the same in a stream', event('mistaken', error({ code: 'mistaken' })), UNMARKED],
      ['its own fault texts', status(403, 'We closed your account'), other('blocked', 403)],
      ['its own limits of a request', status(429, error({ message: 'too much' })), UNMARKED],
      ['a limit of a model', status(429), other('rate_limit', 429, { scope: 'model' })],
      ['a crash aside', status(500), other('server_error', 500, { scope: 'endpoint' }), aside],
      ['a refused key aside', status(401), other('auth_error', 401), aside],
      ["a client's mistake aside", status(400), GIVE_UP, aside],
      ['what blames nobody aside', status(409), UNMARKED, aside],
      ['a missing endpoint', status(404), other('endpoint_missing', 404), aside],
    ])('judges %s', (_, failure, verdict, at = context) => {
      expect(sut(failure, at)).toEqual(verdict);
    });
  });
});
