import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SecretFilter } from './secret-filter.js';

function through(secret: string, pieces: readonly string[]): string {
  const sut = new SecretFilter(secret);
  return pieces.map((piece) => sut.push(piece)).join('') + sut.end();
}

describe('SecretFilter', () => {
  it('hides a secret, however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('x', 'y'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.string({ unit: fc.constantFrom('x', 'y', ' '), maxLength: 5 })),
        (secret, pieces) => {
          const told = through(secret, pieces);
          expect(told).not.toContain(secret);
          expect(told).toBe(pieces.join('').replaceAll(secret, '[redacted]'));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('holds nothing back that cannot be the beginning of the secret', () => {
    const sut = new SecretFilter('sk-1');
    expect([sut.push('Hello '), sut.push('ask'), sut.push('ed'), sut.push('sk'), sut.end(), sut.end()]).toEqual([
      'Hello ',
      'a',
      'sked',
      '',
      'sk',
      '',
    ]);
  });

  it('passes everything on where there is no secret', () => {
    expect(through('', ['a', '', 'b'])).toBe('ab');
  });
});
