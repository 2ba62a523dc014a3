import { describe, expect, it } from '@jest/globals';
import { isHttpUrl, isRedisUrl, parseHostPort } from './address.js';

describe('parseHostPort', () => {
  it.each([
    ['redis-1:6380', { host: 'redis-1', port: 6380 }],
    ['10.0.0.1', { host: '10.0.0.1', port: 26_379 }],
    ['[fe80::1%eth0]:1', { host: 'fe80::1%eth0', port: 1 }],
    ['[::1]', { host: '::1', port: 26_379 }],
  ])('reads %s', (text, expected) => {
    expect(parseHostPort(text, 26_379)).toEqual(expected);
  });

  it.each(['', ':1', 'a:', 'a:0', 'a:65536', 'a:b', '::1', 'a b', 'redis://a:1', '[a'])('refuses %p', (text) => {
    expect(parseHostPort(text, 26_379)).toBeNull();
  });
});

describe('isRedisUrl', () => {
  it.each(['redis://h', 'rediss://u:p%40@h:6380/2', 'redis://:p@[::1]:1/', 'redis://h/0?family=6'])(
    'accepts %s',
    (url) => {
      expect(isRedisUrl(url)).toBe(true);
    },
  );

  it.each(['h:6379', 'http://h', 'redis://', 'redis://h:99999', 'redis://h/main', 'unix:/run/redis.sock'])(
    'refuses %s',
    (url) => {
      expect(isRedisUrl(url)).toBe(false);
    },
  );
});

describe('isHttpUrl', () => {
  it('accepts both schemes and nothing else', () => {
    expect(['http://a', 'https://a/b?c', 'ftp://a', 'a', ''].map(isHttpUrl)).toEqual([true, true, false, false, false]);
  });
});
