import { describe, expect, it } from '@jest/globals';
import { identityOf } from './record-identity.js';
import type { StoredValue } from './stored-value.js';

const hash = (fields: Readonly<Record<string, string>>): StoredValue => ({
  type: 'hash',
  parts: Object.entries(fields).flat(),
});
const printOf = (key: string, fields: Readonly<Record<string, string>>) => identityOf(key, hash(fields)).fingerprint;

describe('identityOf', () => {
  it.each([
    ['apikey:id', 'lastUsedAt', true],
    ['apikey:id', 'updatedAt', true],
    ['apikey:id', 'isDeleted', false],
    ['apikey:id', 'dailyUsage', false],
    ['claude_console_account:id', 'rateLimitedAt', true],
    ['claude_console_account:id', 'schedulable', false],
    ['openai_responses_account:id', 'dailyUsage', true],
    ['openai_responses_account:id', 'rateLimitStatus', true],
    ['openai_responses_account:id', 'totalUsedTokens', true],
    ['openai_responses_account:id', 'lastResetDate', true],
    ['usage:id', 'lastUsedAt', false],
    ['apikey:hash_map', 'lastUsedAt', false],
  ])('of %s: another %s leaves it the same: %s', (key, field, isSame) => {
    const [before, after] = [printOf(key, { name: 'a', [field]: '1' }), printOf(key, { name: 'a', [field]: '2' })];
    expect(before === after).toBe(isSame);
    expect(printOf(key, { name: 'a' }) === after).toBe(isSame);
  });

  it('says when a record was used or changed last', () => {
    const at = (fields: Readonly<Record<string, string>>) => identityOf('apikey:id', hash(fields)).usedAt;
    expect(at({ lastUsedAt: '2026-11-23T12:00:00Z', updatedAt: '2026-11-22T12:00:00Z' })).toBe('2026-11-23T12:00:00Z');
    expect(at({ lastUsedAt: '', updatedAt: '2026-11-22T12:00:00Z' })).toBe('2026-11-22T12:00:00Z');
    expect(at({})).toBe('');
  });

  it('is all of a value that is no record', () => {
    expect(identityOf('apikey:id', { type: 'string', parts: ['x'] })).toEqual({ fingerprint: expect.any(String) });
  });
});
