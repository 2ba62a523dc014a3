import { describe, expect, it } from '@jest/globals';
import { upstreamUrl } from './upstream-url.js';

describe('upstreamUrl', () => {
  it.each([
    ['https://h.example', '', 'https://h.example/end'],
    ['https://h.example//', '', 'https://h.example/end'],
    ['https://h.example:8443/a/', '?b=1', 'https://h.example:8443/a/end?b=1'],
    ['https://h.example/a?t=1#part', '?b=1&c=?', 'https://h.example/a/end?t=1&b=1&c=?'],
    ['https://h.example/a?t=1', '', 'https://h.example/a/end?t=1'],
  ])('puts the end behind %s, and the query %s behind its own', (address, query, expected) => {
    expect(upstreamUrl(address, query, (base) => `${base}/end`).href).toBe(expected);
  });

  it('refuses what is no URL', () => {
    expect(() => upstreamUrl('upstream', '', (base) => base)).toThrow('Invalid URL');
  });
});
