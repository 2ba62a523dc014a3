import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testConfig } from '../../../test/support/test-config.js';
import { KeyHash } from './key-hash.js';

const sutWith = (encryptionKey: string) => new KeyHash(testConfig({ encryptionKey }));

describe('KeyHash', () => {
  it.each([
    [
      'cr_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
      'e4c97944dde6e22bfebed1258f73a676f0e43bd9c352bf634eb33d3e15071bef',
    ],
    ['cr_test', 'fd4c8e775572fb9989aef0db892bc89d35ce1893d075cfcd654e15f8b809c8e1'],
  ])('hashes %s as v1 does', (secret, hash) => {
    expect(sutWith('0123456789abcdef0123456789abcdef').of(secret)).toBe(hash);
  });

  it('is SHA-256 over the UTF-8 bytes of the secret followed by the encryption key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 1 }), (secret, key) => {
        const expected = createHash('sha256')
          .update(Buffer.from(secret + key))
          .digest('hex');
        expect(sutWith(key).of(secret)).toBe(expected);
      }),
    );
  });
});
