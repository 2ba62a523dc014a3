import { describe, expect, it } from '@jest/globals';
import { usdText } from './usd-text.js';

describe('usdText', () => {
  it.each([
    [0, '$0.000000'],
    [0.0000004, '$0.000000'],
    [0.00099999, '$0.001000'],
    [0.001, '$0.0010'],
    [0.021, '$0.0210'],
    [0.9999, '$0.9999'],
    [1, '$1.00'],
    [12.345, '$12.35'],
    [1234567.5, '$1234567.50'],
  ])('writes %d as %s', (usd, text) => {
    expect(usdText(usd)).toBe(text);
  });
});
