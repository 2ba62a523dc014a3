import { describe, expect, it } from '@jest/globals';
import { testApiKey } from '../../test/support/test-api-key.js';
import { whyUnusable } from './key-identity.js';

const NOW = new Date('2026-11-23T04:05:00Z');
const deletion = { at: null, by: 'ada', byType: 'admin' };

describe('whyUnusable', () => {
  it.each([
    ['a plain key', testApiKey(), null],
    ['a key that expires in a millisecond', testApiKey({ expiresAt: new Date(NOW.getTime() + 1) }), null],
    ['a key that expires now', testApiKey({ expiresAt: NOW }), 'API key has expired.'],
    ['a disabled key', testApiKey({ isActive: false, expiresAt: NOW }), 'API key is disabled.'],
    ['a deleted key', testApiKey({ isActive: false, deletion }), 'API key not found.'],
    [
      'a key that waits for its first use, whatever date it was given',
      testApiKey({ expirationMode: 'activation', isActivated: false, expiresAt: NOW }),
      null,
    ],
    [
      'a key whose life began with its first use and is over',
      testApiKey({ expirationMode: 'activation', isActivated: true, expiresAt: NOW }),
      'API key has expired.',
    ],
  ])('says of %s what is wrong', (_, record, expected) => {
    expect(whyUnusable(record, NOW)).toBe(expected);
  });
});
