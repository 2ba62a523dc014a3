import { describe, expect, it } from '@jest/globals';
import { isInstant } from './instant.validator.js';

describe('isInstant', () => {
  it.each([
    '2030-01-31',
    '2030-01-31T12:00Z',
    '2030-01-31T12:00:00Z',
    '2030-01-31T12:00:00.123Z',
    '2030-01-31T12:00:00+08:00',
    '2028-02-29',
  ])('accepts %s', (text) => {
    expect(isInstant(text)).toBe(true);
  });

  it.each([
    '',
    'tomorrow',
    '2030-02-30',
    '2030-13-01',
    '2030-02-30T00:00:00Z',
    '2030-01-31T25:00:00Z',
    '2030-01-31T12:00:00',
    '31.01.2030',
    '2030',
    1_900_000_000_000,
    null,
    new Date(),
  ])('refuses %j', (value) => {
    expect(isInstant(value)).toBe(false);
  });
});
