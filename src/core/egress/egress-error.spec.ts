import { describe, expect, it } from '@jest/globals';
import { BlockedAddressError, EgressError, toEgressError } from './egress-error.js';

const withCode = (code: string, message = 'text'): Error => Object.assign(new Error(message), { code });

describe('toEgressError', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['UND_ERR_PRX_TLS', 'proxy'],
    ['UND_ERR_HEADERS_OVERFLOW', 'garbage'],
    ['UND_ERR_SOCKET', 'reset'],
    ['SOMETHING_NEW', 'reset'],
  ])('%s is a fault of kind %s', (code, fault) => {
    const error = toEgressError(withCode(code), false);
    expect(error.fault).toBe(fault);
    expect(error.message).toBe(`${code}: text`);
  });

  it.each([
    [
      'a refused tunnel is the proxy fault of an exchange through a proxy',
      withCode('UND_ERR_ABORTED', 'closed'),
      true,
      'proxy',
    ],
    ['a proxy that says so in words', new Error('Socks5 authentication failed'), true, 'proxy'],
    ['other errors through a proxy stay what they are', new Error('closed'), true, 'reset'],
    ['the first of several addresses decides', new AggregateError([withCode('ECONNREFUSED')]), false, 'connect'],
    ['an empty list of addresses', new AggregateError([]), false, 'reset'],
    ['what is no Error at all', 'text', false, 'reset'],
    ['a code that is no text', Object.assign(new Error('odd'), { code: 7 }), false, 'reset'],
    ['a blocked address', new BlockedAddressError('no'), false, 'connect'],
  ])('%s', (_, error, viaProxy, fault) => {
    expect(toEgressError(error, viaProxy).fault).toBe(fault);
  });

  it('leaves an error that has been judged as it is', () => {
    const error = new EgressError('aborted', 'given up');
    expect(toEgressError(error, true)).toBe(error);
  });
});
