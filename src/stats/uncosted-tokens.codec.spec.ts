import { describe, expect, it } from '@jest/globals';
import { uncostedHashOf, withUncosted } from './uncosted-tokens.codec.js';

describe('uncosted tokens', () => {
  it('stand beside those of their counter', () => {
    expect(withUncosted({ inputTokens: '9' }, '1 2 3 4 5 6')).toEqual({
      inputTokens: '9',
      uncostedInputTokens: '1',
      uncostedOutputTokens: '2',
      uncostedCacheCreateTokens: '3',
      uncostedCacheReadTokens: '4',
      uncostedEphemeral5mTokens: '5',
      uncostedEphemeral1hTokens: '6',
    });
  });

  it('are none where a figure is missing', () => {
    expect(withUncosted({ inputTokens: '9' }, '1')).toMatchObject({
      uncostedInputTokens: '1',
      uncostedEphemeral1hTokens: '0',
    });
    expect(withUncosted({ inputTokens: '9' }, undefined)).toEqual({ inputTokens: '9' });
    expect(withUncosted(undefined, undefined)).toEqual({});
  });

  it('are forgotten with their counter, which lives shorter than they do', () => {
    expect(withUncosted({}, '1 2 3 4 5 6')).toEqual({});
    expect(withUncosted(undefined, '1 2 3 4 5 6')).toEqual({});
  });

  it.each([
    ['usage:key-1:model:alltime:gpt-5', 'v2:usage:uncosted:key-1'],
    ['none', 'v2:usage:uncosted:'],
  ])('of %s are in a hash of the key', (counter, hash) => {
    expect(uncostedHashOf(counter)).toBe(hash);
  });
});
