import { describe, expect, it } from '@jest/globals';
import { serviceRateOf } from './service-rate.js';

describe('serviceRateOf', () => {
  it.each([
    ['1 where nothing is set', {}, {}, 1],
    ['the global rate', { claude: 1.5 }, {}, 1.5],
    ["the key's rate", {}, { claude: 0.5 }, 0.5],
    ['both, multiplied', { claude: 1.5 }, { claude: 0.5 }, 0.75],
    ['nothing of another service', { codex: 3 }, { codex: 2 }, 1],
    ['0, which makes a service free', { claude: 0 }, {}, 0],
    ['a rate that was stored as text', { claude: '2' }, {}, 2],
    ['1 for what is no rate', { claude: -1 }, { claude: Number.NaN }, 1],
    ['a number that costs can be multiplied with', { claude: 1e300 }, { claude: 1e300 }, 1e9],
    ['1 for empty text and other things', { claude: ' ' }, { claude: null }, 1],
  ])('is %s', (_, global, ofKey, expected) => {
    expect(serviceRateOf('claude', global, ofKey)).toBe(expected);
  });
});
