import type { HeaderMap } from '@crs/extension-api';

/** Hop-by-hop headers (RFC 9110, 7.6.1): they speak of one connection. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Every form in which a client may show its key, and cookies: they are ours and never go upstream. */
const CLIENT_SECRETS = [
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'x-cr-api-key',
  'x-admin-token',
  'cookie',
];

/** They name somebody's account elsewhere: beside the key of another one the upstream refuses that key. */
const FOREIGN_ACCOUNT = ['openai-organization', 'openai-project', 'chatgpt-account-id'];

/** Set anew for each exchange. */
const PER_EXCHANGE = ['host', 'content-length', 'accept-encoding', 'expect'];

/** Where the client sits and which proxies stand before us: no business of an upstream. */
const FORWARDING = [
  'forwarded',
  'via',
  'x-real-ip',
  'x-forwarded',
  'cdn-loop',
  'x-request-start',
  'x-relay-request-id',
  'x-appengine-user-ip',
  'x-envoy-external-address',
];
const FORWARDING_PREFIXES = [
  'x-forwarded-',
  'x-original-',
  'cf-',
  'fastly-',
  'fly-',
  'akamai-',
  'x-akamai-',
  'x-amz-',
  'x-amzn-',
  'x-azure-',
  'x-vercel-',
  'x-envoy-',
  'x-nginx-',
  'x-b3-',
  'sec-websocket-',
];
/** `client-ip`, `true-client-ip`, `x-cluster-client-ip`, `x-sucuri-clientip`, ... */
const CLIENT_ADDRESS = /client-?ip$/;

const NEVER_UPSTREAM = new Set([...HOP_BY_HOP, ...CLIENT_SECRETS, ...FOREIGN_ACCOUNT, ...PER_EXCHANGE, ...FORWARDING]);

/** What a client may see of an upstream's answer; the rest speaks of one account or one connection. */
const TO_CLIENT = new Set(['content-type', 'request-id', 'x-request-id', 'x-codex-turn-state']);
const TO_CLIENT_PREFIXES = ['openai-'];
/** Whose account has served. */
const NEVER_TO_CLIENT = new Set(['openai-organization', 'openai-project']);

function textOf(value: string | readonly string[] | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : value.join(', ');
}

/**
 * The client's headers that may go upstream: an open list, so that new headers of new clients pass, minus what must
 * never leave. Headers named in `Connection` are hop-by-hop, too (a client could hide one of ours that way), and one that
 * holds a key of ours under whatever name stays here.
 */
export function forwardableHeaders(headers: HeaderMap, keyPrefix: string): Record<string, string> {
  const holdsKey = keyPattern(keyPrefix);
  const named = new Set(
    textOf(headers['connection'])
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || NEVER_UPSTREAM.has(name) || named.has(name)) continue;
    if (CLIENT_ADDRESS.test(name) || FORWARDING_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    const text = textOf(value);
    if (!holdsKey(text)) kept[name] = text;
  }
  return kept;
}

/** A key is the prefix and 64 hexadecimal digits. */
function keyPattern(prefix: string): (text: string) => boolean {
  return (text) => text.includes(prefix) && KEY_DIGITS.test(text);
}

const KEY_DIGITS = /[0-9a-f]{64}/;

/** The upstream's response headers that the client sees. */
export function answerHeaders(headers: HeaderMap): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || NEVER_TO_CLIENT.has(name)) continue;
    if (TO_CLIENT.has(name) || TO_CLIENT_PREFIXES.some((prefix) => name.startsWith(prefix))) kept[name] = textOf(value);
  }
  return kept;
}

/** The query string as it goes upstream: `key=` could be a client's key and is taken out. */
export function forwardableQuery(rawUrl: string): string {
  const at = rawUrl.indexOf('?');
  if (at === -1) return '';
  const pairs = rawUrl
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '' && !isKeyPair(pair));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function isKeyPair(pair: string): boolean {
  const name = pair.replace(/=.*$/s, '');
  try {
    return decodeURIComponent(name).toLowerCase() === 'key';
  } catch {
    return false;
  }
}
