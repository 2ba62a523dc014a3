import type { HeaderMap } from '@crs/extension-api';

/**
 * Set by the platform or by the exchange, never the client's. The relay has taken every key of the client out before;
 * what would stand where the account's own key stands is dropped once more, so that no second key can ever go upstream.
 */
const NOT_FROM_CLIENT = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-cr-api-key',
  'proxy-authorization',
  'cookie',
  'host',
  'connection',
  'transfer-encoding',
  'content-length',
  'accept-encoding',
]);

/** The headers of the client that go upstream: all that it has set but those that can only be the gateway's own. */
export function passedHeaders(headers: HeaderMap): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === '' || NOT_FROM_CLIENT.has(name)) continue;
    passed[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return passed;
}

/** The headers that the exchange itself asks for, whoever the upstream is. */
export function exchangeHeaders(body: Buffer): Record<string, string> {
  // The usage is read along the way, so the answer must come uncompressed.
  return { 'accept-encoding': 'identity', 'content-length': String(body.length) };
}
