import { describe, expect, it } from '@jest/globals';
import { ServiceUnavailableException } from '@nestjs/common';
import { hashSync } from 'bcryptjs';
import { PasswordHasher, sameText } from './password-hasher.js';

describe('PasswordHasher', () => {
  it('makes a new argon2id hash each time, which only the password opens', async () => {
    const sut = new PasswordHasher();
    const [first, second] = await Promise.all([sut.hash('a password'), sut.hash('a password')]);
    expect(first).toMatch(/^\$argon2id\$/);
    expect(first).not.toBe(second);
    expect(await sut.verify({ kind: 'hash', text: first }, 'a password')).toBe(true);
    expect(await sut.verify({ kind: 'hash', text: first }, 'a passwork')).toBe(false);
  });

  it('verifies what v1 left: bcrypt in the store, plain text in its file', async () => {
    const sut = new PasswordHasher();
    const bcrypt = { kind: 'hash', text: hashSync('v1', 4) } as const;
    expect(await sut.verify(bcrypt, 'v1')).toBe(true);
    expect(await sut.verify(bcrypt, 'v2')).toBe(false);
    expect(await sut.verify({ kind: 'plain', text: 'v1' }, 'v1')).toBe(true);
    expect(await sut.verify({ kind: 'plain', text: 'v1' }, '')).toBe(false);
    expect(await sut.verify({ kind: 'hash', text: 'no hash' }, 'no hash')).toBe(false);
  });

  it('refuses more than fifty who wait, and serves again when they are done', async () => {
    const sut = new PasswordHasher();
    const stored = { kind: 'plain', text: 'x' } as const;
    const attempts = Array.from({ length: 60 }, () => sut.verify(stored, 'x').catch((error: unknown) => error));
    const results = await Promise.all(attempts);
    expect(results.filter((result) => result === true)).toHaveLength(50);
    expect(results.filter((result) => result instanceof ServiceUnavailableException)).toHaveLength(10);
    expect(await sut.verify(stored, 'x')).toBe(true);
  });

  it('goes on after a hash that cannot be read', async () => {
    const sut = new PasswordHasher();
    await expect(sut.verify({ kind: 'hash', text: '$argon2id$torn' }, 'x')).rejects.toThrow();
    expect(await sut.verify({ kind: 'plain', text: 'x' }, 'x')).toBe(true);
  });
});

describe('sameText', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a', 'ab', false],
    ['', '', true],
    ['é', 'e\u0301', false],
  ])('compares %j and %j', (a, b, same) => {
    expect(sameText(a, b)).toBe(same);
  });
});
