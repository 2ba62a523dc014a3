import { describe, expect, it } from '@jest/globals';
import { isServiceRates } from './service-rates.validator.js';

describe('isServiceRates', () => {
  it.each([{}, { claude: 1.5 }, { codex: 0, gemini: 2 }, { claude: 1000 }])('accepts %j', (value) => {
    expect(isServiceRates(value)).toBe(true);
  });

  it.each([
    null,
    [],
    'claude',
    1,
    { claude: '1' },
    { claude: -1 },
    { claude: Number.NaN },
    { claude: 1000.01 },
    { other: 1 },
    { claude: null },
  ])('refuses %j', (value) => {
    expect(isServiceRates(value)).toBe(false);
  });
});
