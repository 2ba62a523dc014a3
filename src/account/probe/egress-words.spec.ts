import { describe, expect, it } from '@jest/globals';
import type { AccountProxy } from '@crs/extension-api';
import { toEgressError } from '../../core/egress/egress-error.js';
import { explainFault } from './egress-words.js';

const target = new URL('https://upstream.example:8443/secret/path?key=secret');
const proxyOf = (type: AccountProxy['type']): AccountProxy => ({
  type,
  host: 'proxy.example',
  port: 1080,
  username: 'name-of-the-user',
  password: 'word-to-pass',
});

function explain(code: string, proxy: AccountProxy | null, message = 'details of the client'): [string, string] {
  const cause = Object.assign(new Error(message), { code });
  const words = explainFault(toEgressError(cause, proxy !== null), { target, proxy });
  expect(words.message).not.toMatch(/secret|name-of-the-user|word-to-pass/);
  return [words.at, words.message];
}

describe('explainFault', () => {
  it.each([
    ['ENOTFOUND', 'The name upstream.example:8443 was not found.'],
    ['ECONNREFUSED', 'refused the connection'],
    ['UND_ERR_CONNECT_TIMEOUT', 'did not take the connection in time'],
    ['EHOSTUNREACH', 'cannot be reached. (EHOSTUNREACH)'],
    ['CERT_HAS_EXPIRED', '(CERT_HAS_EXPIRED)'],
    ['ECONNRESET', 'broke the connection off before it answered. (ECONNRESET)'],
    ['UND_ERR_HEADERS_OVERFLOW', 'does not speak HTTP'],
    ['EGRESS_BLOCKED_ADDRESS', 'ALLOW_PRIVATE_UPSTREAMS'],
  ])('says of %s without a proxy what is wrong with the upstream', (code, words) => {
    expect(explain(code, null)).toEqual(['target', expect.stringContaining(words)]);
  });

  it('says something of an error that nobody knows', () => {
    const fault = toEgressError('a text', false);
    expect(explainFault(fault, { target, proxy: null }).message).toBe(
      'upstream.example:8443 broke the connection off before it answered.',
    );
  });

  it.each([
    ['http', 'ENOTFOUND', 'proxy', 'The name of the proxy, proxy.example, was not found.'],
    ['http', 'ECONNREFUSED', 'proxy', 'The proxy refused the connection.'],
    ['http', 'ETIMEDOUT', 'proxy', 'in time'],
    ['http', 'ENETUNREACH', 'proxy', 'The proxy cannot be reached. (ENETUNREACH)'],
    ['http', 'UND_ERR_PRX_CONN', 'proxy', 'broke off'],
    ['http', 'ECONNRESET', 'proxy', 'broke off'],
    ['http', 'UND_ERR_HEADERS_OVERFLOW', 'proxy', 'no http proxy'],
    ['http', 'ERR_INVALID_URL', 'proxy', 'is no host'],
    ['http', 'EGRESS_BLOCKED_ADDRESS', 'target', 'private address'],
    ['http', 'CERT_HAS_EXPIRED', 'target', 'upstream.example:8443'],
    ['https', 'ERR_SSL_WRONG_VERSION_NUMBER', 'proxy', 'has the type http'],
    ['socks5', 'UND_ERR_SOCKS5_AUTH_FAILED', 'proxy', 'The proxy refused the user name or the password.'],
    ['socks5', 'UND_ERR_SOCKS5_AUTH_REJECTED', 'proxy', 'The proxy refused the user name or the password.'],
    ['socks5', 'UND_ERR_INVALID_ARG', 'proxy', 'The proxy refused the user name or the password.'],
    ['socks5', 'UND_ERR_SOCKS5_VERSION', 'proxy', 'no socks5 proxy'],
    ['socks5', 'UND_ERR_SOCKS5_REPLY_5', 'target', 'cannot reach upstream.example:8443: connection refused.'],
    ['socks5', 'UND_ERR_SOCKS5_REPLY_2', 'proxy', 'refuses to connect to upstream.example:8443'],
  ] as const)('says of a %s proxy and %s whom to look at', (type, code, at, words) => {
    expect(explain(code, proxyOf(type))).toEqual([at, expect.stringContaining(words)]);
  });

  it.each([
    [407, 'proxy', 'The proxy refused the user name or the password.'],
    [502, 'target', 'The proxy answered 502: it cannot reach upstream.example:8443.'],
    [403, 'proxy', 'The proxy answered 403 and opened no tunnel'],
  ])('reads the status %i of a refused tunnel', (status, at, words) => {
    const message = `Proxy response (${String(status)}) !== 200 when HTTP Tunneling`;
    expect(explain('UND_ERR_ABORTED', proxyOf('http'), message)).toEqual([at, expect.stringContaining(words)]);
  });

  it('does not read a status where there is none', () => {
    expect(explain('UND_ERR_ABORTED', proxyOf('http'), 'closed')).toEqual([
      'proxy',
      expect.stringContaining('broke off'),
    ]);
  });

  it('knows that no login was set', () => {
    const open: AccountProxy = { type: 'socks5', host: 'proxy.example', port: 1080 };
    expect(explain('UND_ERR_SOCKS5_AUTH_REJECTED', open)[1]).toContain('none is set');
  });
});
