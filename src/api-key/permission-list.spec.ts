import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatPermissions, parsePermissions } from './permission-list.js';

describe('permissions as v1 stores them', () => {
  it.each([
    ['', []],
    ['all', []],
    ['[]', []],
    ['claude', ['claude']],
    ['openai', ['codex']],
    ['claude,openai', ['claude', 'codex']],
    [' claude , ,gemini ', ['claude', 'gemini']],
    ['["openai"]', ['codex']],
    ['["claude","gemini","droid"]', ['claude', 'gemini', 'droid']],
    ['["all"]', ['all']],
  ])('reads %j as %j', (text, permissions) => {
    expect(parsePermissions(text)).toEqual(permissions);
  });

  it.each(['[bad', '[claude,openai', '[1]', '[null]', '[["claude"]', '{}', 'null', ',', ' '])(
    'reads %j as names that no service has, never as all',
    (text) => {
      const permissions = parsePermissions(text);
      expect(permissions).not.toHaveLength(0);
      expect(permissions).not.toContain('claude');
      expect(permissions).not.toContain('codex');
    },
  );

  it.each([
    [[], '[]'],
    [['codex'], '["openai"]'],
    [['claude', 'gemini', 'codex'], '["claude","gemini","openai"]'],
    [['[bad'], '["[bad"]'],
  ])('writes %j as %s', (permissions, text) => {
    expect(formatPermissions(permissions)).toBe(text);
  });

  it('reads what it has written, and means all only when nothing is listed', () => {
    const name = fc
      .oneof(fc.constantFrom('claude', 'codex', 'gemini', 'droid'), fc.string())
      .filter((text) => text !== 'openai');
    fc.assert(
      fc.property(fc.array(name), (permissions) => {
        expect(parsePermissions(formatPermissions(permissions))).toEqual(permissions);
      }),
    );
  });

  it('never widens a text that lists something', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isAll = ['', 'all'].includes(text) || /^\[\s*\]$/.test(text);
        expect(parsePermissions(text).length === 0).toBe(isAll);
      }),
    );
  });
});
