import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from './glob.js';

describe('compileGlob', () => {
  it.each<[pattern: string, matching: string[], other: string[]]>([
    ['*', ['', 'a', 'a\nb'], []],
    ['a*', ['a', 'abc'], ['', 'ba']],
    ['*a', ['a', 'ba', 'aa'], ['ab', '']],
    ['a*b*c', ['abc', 'aXbYc', 'abcbc'], ['acb', 'ab']],
    ['a**b', ['ab', 'aXb'], ['a']],
    ['a?c', ['abc', 'a?c'], ['ac', 'abbc']],
    ['?', ['a'], ['', 'ab', 'ß']],
    ['??', ['ß', 'ab'], ['a']],
    ['[abc]', ['a', 'c'], ['d', '', 'ab']],
    ['[a-c]x', ['ax', 'bx', 'cx'], ['dx', 'x']],
    ['[c-a]', ['a', 'b', 'c'], ['d']],
    ['[^a-c]', ['d', '^'], ['a', 'b', '']],
    ['[a^]', ['a', '^'], ['b']],
    ['[a-]', ['a', ']', '_'], ['-', 'b']],
    ['[-a]', ['a', '-'], ['b']],
    ['[]', [], ['', ']', '[]']],
    ['[^]', ['a', ']'], ['']],
    ['[\\]]', [']'], ['\\', 'a']],
    ['[\\^a]', ['^', 'a'], ['b', '\\']],
    ['[ab', ['a', 'b'], ['c', '[ab']],
    ['[', [], ['[', 'a']],
    ['\\*', ['*'], ['a', '\\*']],
    ['a\\', ['a\\'], ['a']],
    ['\\\\', ['\\'], ['\\\\']],
    ['apikey:*', ['apikey:1', 'apikey:'], ['apikey_hash:1']],
  ])('%s', (pattern, matching, other) => {
    const sut = compileGlob(pattern);
    expect([...matching, ...other].filter((text) => sut.matches(text))).toEqual(matching);
  });

  it.each([
    ['usage:daily:*', 'usage:daily:'],
    ['exact', 'exact'],
    ['*', ''],
    ['a?b', 'a'],
    ['a[b]', 'a'],
    ['a\\*', 'a'],
    ['a\n*', 'a\n'],
  ])('knows what every match of %j begins with', (pattern, prefix) => {
    expect(compileGlob(pattern).prefix).toBe(prefix);
  });

  it('takes an escaped text as it is', () => {
    const property = fc.property(fc.string(), fc.string(), (text, other) => {
      const sut = compileGlob(text.replace(/[*?[\]\\^-]/g, '\\$&'));
      expect(sut.matches(text)).toBe(true);
      expect(sut.matches(other)).toBe(text === other);
    });
    fc.assert(property);
  });

  it('is not slowed down by many stars', () => {
    const sut = compileGlob(`${'*a'.repeat(200)}b`);
    const startedAt = performance.now();
    expect(sut.matches('a'.repeat(5_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
