import { describe, expect, it } from '@jest/globals';
import type { FailureContext } from '@crs/extension-api';
import {
  anthropicError,
  errorEvent,
  failureContextOf,
  GIVE_UP,
  other,
  status,
  UNMARKED,
} from '../../../test/support/failures.js';
import { ACCOUNT_FAULT_TEXTS, REQUEST_LIMIT_TEXTS } from './account-faults.js';
import { classifyFailure } from './classify-failure.js';

const context = failureContextOf();
const INVALID = anthropicError('invalid_request_error', 'messages: at least one message is required');

describe('account faults', () => {
  const MORE = ['tenant is suspended'];

  it.each([...ACCOUNT_FAULT_TEXTS, ...MORE])('blames the account for "%s", in any case and form', (text) => {
    const told = { ...context, accountFaultTexts: MORE };
    const spoken = `This ${text.toUpperCase()}.`;
    for (const code of [400, 403]) {
      for (const body of [
        anthropicError('invalid_request_error', spoken),
        JSON.stringify({ error: spoken }),
        JSON.stringify({ error: 'Forbidden', message: spoken }),
        spoken,
      ]) {
        expect(classifyFailure(status(code, body), told)).toEqual(other('blocked', code));
      }
    }
    expect(classifyFailure(status(422, spoken), told)).toEqual(GIVE_UP);
  });

  it('blames nobody for a text that it was not told of', () => {
    expect(classifyFailure(status(400, 'Tenant is suspended'), context)).toEqual(GIVE_UP);
  });

  it('does not take the words of a prompt for a fault of the account', () => {
    const body = JSON.stringify({
      error: { type: 'invalid_request_error', message: 'messages.0: too long' },
      input: 'my account has been disabled',
    });
    expect(classifyFailure(status(400, body), context)).toEqual(GIVE_UP);
  });

  describe('where the request itself holds the words of an account fault', () => {
    const quoted = anthropicError('invalid_request_error', "Input tag 'account NOT found' found using 'type'");
    const holding = (held: string, sameFailures = 0): FailureContext => ({
      ...context,
      sameFailures,
      requestHolds: (text) => text === held,
    });

    it('blames no account, and lets another one say whose fault it is', () => {
      expect(classifyFailure(status(400, quoted), holding('account not found'))).toEqual(UNMARKED);
      expect(classifyFailure(status(400, quoted), holding('account not found', 1))).toEqual(GIVE_UP);
    });

    it('takes a 403 for what it is without them', () => {
      expect(classifyFailure(status(403, quoted), holding('account not found'))).toEqual(other('auth_error', 403));
    });

    it('believes words that the request does not hold', () => {
      const both = anthropicError('invalid_request_error', "Account not found. 'invalid account'");
      expect(classifyFailure(status(400, both), holding('invalid account'))).toEqual(other('blocked', 400));
    });

    it('looks for them only where they decide', () => {
      const requestHolds = (): never => {
        throw new Error('looked');
      };
      for (const failure of [status(400, INVALID), status(422, quoted), status(500, quoted), errorEvent('api_error')])
        expect(() => classifyFailure(failure, { ...context, requestHolds })).not.toThrow();
    });
  });

  it.each([...REQUEST_LIMIT_TEXTS])('marks nobody for a 429 that the request is the reason of: "%s"', (text) => {
    const body = anthropicError('rate_limit_error', `${text.toUpperCase()} now.`);
    expect(classifyFailure(status(429, body, { 'retry-after': '3600' }), context)).toEqual(UNMARKED);
  });
});
