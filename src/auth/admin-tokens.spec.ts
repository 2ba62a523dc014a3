import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { testConfig } from '../../test/support/test-config.js';
import { AdminTokens, createEpoch, readClaims } from './admin-tokens.js';

const ADMIN = { username: 'root', epoch: 'e1' };

describe('AdminTokens', () => {
  const newSut = (sessionTtlMs: number): AdminTokens =>
    new AdminTokens(new JwtService({ secret: 'a secret' }), testConfig({ admin: { sessionTtlMs } }));

  it('issues tokens that say who, which login and which epoch', () => {
    const jwt = new JwtService();
    const [first, second] = [1, 2].map(() => readClaims(jwt.decode(newSut(60_000).issue(ADMIN).token)));
    expect(first).toEqual({ username: 'root', sessionId: expect.stringMatching(/^[0-9a-f]{32}$/), epoch: 'e1' });
    expect(second?.sessionId).not.toBe(first?.sessionId);
  });

  it.each([
    [86_400_000, 86_400],
    [1_999, 1],
    [1, 1],
  ])('lets a session of %d ms last %d s', (sessionTtlMs, expiresIn) => {
    expect(newSut(sessionTtlMs).issue(ADMIN).expiresIn).toBe(expiresIn);
  });
});

describe('readClaims', () => {
  it.each([
    [
      { sub: 'root', sid: 's', epoch: 'e' },
      { username: 'root', sessionId: 's', epoch: 'e' },
    ],
    [{ sub: 1, sid: 's', epoch: 'e' }, null],
    [{ sub: 'root', sid: 1, epoch: 'e' }, null],
    [{ sub: 'root', sid: 's' }, null],
    [null, null],
    ['root', null],
  ])('reads %j as %j', (payload, claims) => {
    expect(readClaims(payload)).toEqual(claims);
  });
});

describe('createEpoch', () => {
  it('never gives the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, createEpoch)).size).toBe(1000);
  });
});
