import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findUrlFault } from './upstream-url.js';

describe('findUrlFault', () => {
  it.each([
    'https://api.anthropic.com',
    'https://api.example.com/v1/messages/',
    'http://8.8.8.8:8080/path',
    'https://[2606:4700::1111]/v1',
    'https://bücher.example/a%20b',
  ])('takes %s', (text) => {
    expect(findUrlFault(text, false)).toBeNull();
  });

  it.each([
    ['', 'must be a whole address'],
    ['api.example.com', 'must be a whole address'],
    ['https://', 'must be a whole address'],
    ['https://a.example:99999', 'must be a whole address'],
    ['ftp://a.example', 'must begin with http:// or https://'],
    ['javascript:alert(1)', 'must begin with http:// or https://'],
    ['https://user@a.example', 'must not contain a user name or password'],
    ['https://:pass@a.example', 'must not contain a user name or password'],
    ['https://a.example/?x=1', 'must not contain a query'],
    ['https://a.example/?', 'must not contain a query'],
    ['https://a.example/#top', 'must not contain a fragment'],
    ['https://a.example/#', 'must not contain a fragment'],
    ['https://a.example/a b', 'must not contain spaces'],
    ['https://a.exam\nple', 'must not contain spaces'],
    ['https://a.example/\u0000', 'must not contain spaces'],
  ])('refuses %j', (text, fault) => {
    expect(findUrlFault(text, true)).toContain(fault);
  });

  it.each([
    'http://127.0.0.1:8080',
    'http://localhost',
    'http://LOCALHOST./',
    'http://api.localhost',
    'http://10.1.2.3',
    'http://192.168.0.1',
    'http://169.254.169.254/latest/meta-data',
    'http://metadata.google.internal/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[fd00::1]/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0177.0.0.1/',
  ])('refuses %s unless private upstreams are allowed', (text) => {
    expect(findUrlFault(text, false)).toContain('must not lead to a private, loopback or link-local address');
    expect(findUrlFault(text, true)).toBeNull();
  });

  it('takes nothing that is no address with a host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withFragments: true, withQueryParameters: true })), (text) => {
        if (findUrlFault(text, true) !== null) return;
        const url = new URL(text);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
        expect(url.hostname).not.toBe('');
      }),
    );
  });
});
