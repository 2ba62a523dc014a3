import { describe, expect, it } from '@jest/globals';
import { changeTags, renameTag } from './api-key-tags.js';

describe('changeTags', () => {
  it.each<[string[], string[], string[], string[]]>([
    [['a', 'b'], ['c'], [], ['a', 'b', 'c']],
    [['a', 'b'], [], ['a'], ['b']],
    [['a', 'b'], ['b', 'c', 'c'], ['a'], ['b', 'c']],
    [['a'], ['A'], [], ['a', 'A']],
    [[], [], ['a'], []],
  ])('of %j with %j added and %j removed gives %j', (tags, add, remove, expected) => {
    expect(changeTags(tags, { add, remove })).toEqual(expected);
  });
});

describe('renameTag', () => {
  it.each<[string[], string[]]>([
    [
      ['x', 'old', 'y'],
      ['x', 'new', 'y'],
    ],
    [['new', 'old'], ['new']],
    [['other'], ['other']],
  ])('of %j gives %j', (tags, expected) => {
    expect(renameTag(tags, 'old', 'new')).toEqual(expected);
  });
});
