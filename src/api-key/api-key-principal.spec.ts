import { describe, expect, it } from '@jest/globals';
import { testApiKey } from '../../test/support/test-api-key.js';
import { toPrincipal } from './api-key-principal.js';

describe('toPrincipal', () => {
  it('knows what the gateway needs of a key, and not its hash', () => {
    const record = testApiKey({
      permissions: ['claude'],
      bindings: { ...testApiKey().bindings, openaiAccountId: 'responses:a', geminiAccountId: 'g' },
      dedicatedAccountFallback: true,
      serviceRates: { claude: 2 },
      weeklyResetDay: 3,
      weeklyResetHour: 4,
      rateLimitWindow: 60,
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
      rateLimitWindowMinutes: 60,
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
});
