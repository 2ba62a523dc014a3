import { describe, expect, it } from '@jest/globals';
import type { AttemptFailure } from '@crs/extension-api';
import { testAccount } from '../../test/support/test-account.js';
import { testConfig } from '../../test/support/test-config.js';
import { testRelayRequest } from '../../test/support/test-relay-request.js';
import { countSame, failureContext } from './failure-context.js';

const { marks } = testConfig({ marks: { accountFaultTexts: ['tenant is suspended'] } });
const account = testAccount({ supportedModels: { 'claude-opus': 'vendor-large' } });
const circumstances = { marks, now: 5, sameFailures: 2 };

describe('failureContext', () => {
  it.each([
    ['claude-opus', 'vendor-large'],
    ['claude-other', 'claude-other'],
  ])('names the model %s as the upstream knows it: %s', (model, sent) => {
    const request = testRelayRequest({ model, endpoint: 'count_tokens' });
    expect(failureContext(account, request, circumstances)).toEqual({
      now: new Date(5),
      model: sent,
      endpoint: 'count_tokens',
      accountFaultTexts: ['tenant is suspended'],
      sameFailures: 2,
      requestHolds: expect.any(Function),
    });
  });

  it('knows what the request holds', () => {
    const request = testRelayRequest({ body: Buffer.from('{"model":"m","system":"Invalid Account"}') });
    const context = failureContext(account, request, circumstances);
    expect([context.requestHolds('invalid account'), context.requestHolds('account not found')]).toEqual([true, false]);
  });
});

describe('countSame', () => {
  const status = (code: number): AttemptFailure => ({ kind: 'status', status: code, headers: {}, text: '' });
  const event = (errorType: string): AttemptFailure => ({ kind: 'error_event', errorType, message: 'm', text: '' });
  const malformed = (reason: 'empty' | 'not_json'): AttemptFailure => ({ kind: 'malformed', reason, text: '' });
  const earlier = [
    { failure: status(500) },
    { failure: status(403) },
    { failure: { kind: 'timeout', reason: 'idle' } as const },
    { failure: status(500) },
    { failure: event('api_error') },
    { failure: malformed('empty') },
    { failure: event('empty') },
  ];

  it.each<[AttemptFailure, number]>([
    [status(500), 2],
    [status(403), 1],
    [status(502), 0],
    [event('api_error'), 1],
    [event('overloaded_error'), 0],
    [malformed('empty'), 1],
    [malformed('not_json'), 0],
    [{ kind: 'timeout', reason: 'idle' }, 0],
  ])('counts the earlier ones like %j: %d', (failure, count) => {
    expect(countSame(failure, earlier)).toBe(count);
  });
});
