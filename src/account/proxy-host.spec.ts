import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isProxyHost } from './field-codecs.js';

describe('isProxyHost', () => {
  it.each([
    'proxy',
    'proxy.example.com',
    'PROXY.Example.com',
    'proxy.example.com.',
    'my_proxy',
    'xn--bcher-kva.example',
    '10.0.0.1',
    '::1',
    '[::1]',
    'fd00::1',
    '2001:db8::8a2e:370:7334',
  ])('takes %s', (host) => {
    expect(isProxyHost(host)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'http://proxy',
    '//proxy',
    'proxy/path',
    'proxy:3128',
    '10.0.0.1:3128',
    '[::1]:3128',
    '[10.0.0.1]',
    '[proxy]',
    'user@proxy',
    'user:pass@proxy',
    'proxy?x',
    'proxy#x',
    'pro xy',
    'proxy\n',
    'proxy..example',
    '.proxy',
    'bücher.example',
    'a%41',
    '256.1.1.1',
    '0x7f.1',
    '2130706433',
    '::1%lo',
    '[fd00::1%eth0]',
    `${'a'.repeat(250)}.com`,
  ])('refuses %j', (host) => {
    expect(isProxyHost(host)).toBe(false);
  });

  it('takes every name and address, and whatever it takes is the host of an address and nothing else', () => {
    const hosts = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(fc.property(hosts, (host) => isProxyHost(host)));
    const anything = fc.oneof(fc.string(), fc.webUrl(), fc.webAuthority({ withPort: true, withUserInfo: true }), hosts);
    fc.assert(
      fc.property(anything, (text) => {
        if (!isProxyHost(text)) return;
        const bracketed = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
        const url = new URL(`http://${bracketed}:8080/`);
        expect(url.href).toBe(`http://${url.hostname}:8080/`);
        expect([url.username, url.password, url.port]).toEqual(['', '', '8080']);
      }),
    );
  });
});
