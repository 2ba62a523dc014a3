import { describe, expect, it } from '@jest/globals';
import { testApiKey } from '../../test/support/test-api-key.js';
import { toPrincipal } from './api-key-principal.js';

const limits = {
  concurrencyLimit: 1,
  rateLimitWindow: 60,
  rateLimitRequests: 2,
  tokenLimit: 3,
  rateLimitCost: 4.5,
  dailyCostLimit: 5.5,
  totalCostLimit: 6.5,
  weeklyOpusCostLimit: 7.5,
};

describe('toPrincipal', () => {
  it('knows what the gateway needs of a key, and not its hash', () => {
    const record = testApiKey({
      permissions: ['claude'],
      bindings: { ...testApiKey().bindings, openaiAccountId: 'responses:a', geminiAccountId: 'g' },
      dedicatedAccountFallback: true,
      serviceRates: { claude: 2 },
      weeklyResetDay: 3,
      weeklyResetHour: 4,
      ...limits,
    });
    expect(toPrincipal(record)).toEqual({
      keyId: record.id,
      name: 'plain-a',
      permissions: ['claude'],
      bindings: { openaiAccountId: 'responses:a', geminiAccountId: 'g' },
      modelRestriction: null,
      dedicatedFallback: true,
      serviceRates: { claude: 2 },
      weeklyResetDay: 3,
      weeklyResetHour: 4,
      limits,
      allowedClients: null,
      responsesRules: [],
      adaptsForeignClients: true,
      awaitsActivation: false,
    });
  });

  it.each([
    [false, 'allow', ['a'], null],
    [true, 'allow', ['a'], { mode: 'allow', models: ['a'] }],
    [true, 'allow', [], { mode: 'allow', models: [] }],
    [true, 'deny', ['a'], { mode: 'deny', models: ['a'] }],
    [true, 'deny', [], null],
  ] as const)(
    'restricts models: on %s, %s %j',
    (enableModelRestriction, modelRestrictionMode, restrictedModels, expected) => {
      const record = testApiKey({ enableModelRestriction, modelRestrictionMode, restrictedModels });
      expect(toPrincipal(record).modelRestriction).toEqual(expected);
    },
  );

  it.each([
    [false, ['claude_code'], null],
    [true, ['claude_code'], ['claude_code']],
    [true, [], null],
  ])('restricts clients: on %s, %j gives %j', (enableClientRestriction, allowedClients, expected) => {
    expect(toPrincipal(testApiKey({ enableClientRestriction, allowedClients })).allowedClients).toEqual(expected);
  });

  it.each([
    ['fixed', true, false],
    ['activation', true, false],
    ['activation', false, true],
  ] as const)('tells a first use that begins a life: %s, activated %s', (expirationMode, isActivated, awaits) => {
    expect(toPrincipal(testApiKey({ expirationMode, isActivated })).awaitsActivation).toBe(awaits);
  });
});
