import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../../test/support/test-account.js';
import { testRelayRequest } from '../../../test/support/test-relay-request.js';
import { mappedBody } from './mapped-body.js';

const request = testRelayRequest();

describe('mappedBody', () => {
  it.each([{}, { 'claude-opus': 'claude-opus' }, { other: 'model' }])(
    'gives the very bytes of the client to an account that maps %j',
    (supportedModels) => {
      expect(mappedBody(request, testAccount({ supportedModels }))).toBe(request.body);
    },
  );

  it('changes the model alone where the account maps it', () => {
    const body = mappedBody(request, testAccount({ supportedModels: { 'claude-opus': 'vendor/"x"' } }));
    expect(body.toString()).toBe('{"model":"vendor/\\"x\\"","messages":[]}');
  });
});
