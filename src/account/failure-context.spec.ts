import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.js';
import { testConfig } from '../../test/support/test-config.js';
import { failureContext } from './failure-context.js';

describe('failureContext', () => {
  const { marks } = testConfig({ marks: { accountFaultTexts: ['tenant is suspended'] } });
  const account = testAccount({ supportedModels: { 'claude-opus': 'vendor-large' } });

  it.each([
    ['claude-opus', 'vendor-large'],
    ['claude-other', 'claude-other'],
  ])('names the model %s as the upstream knows it: %s', (model, sent) => {
    expect(failureContext(account, model, marks, 5)).toEqual({
      now: new Date(5),
      model: sent,
      accountFaultTexts: ['tenant is suspended'],
    });
  });
});
