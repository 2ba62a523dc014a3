import type { IncomingHttpHeaders } from 'node:http';

/** v1's order. */
const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'authorization', 'api-key'] as const;
const BEARER = /^bearer\s+/i;
const MIN_LENGTH = 10;
const MAX_LENGTH = 512;

/** What a request presents: nothing at all, only texts that cannot be a key of ours, or the first that can. */
export type PresentedKey =
  { readonly kind: 'none' } | { readonly kind: 'unusable' } | { readonly kind: 'key'; readonly secret: string };

/**
 * Finds the key in the headers. A text that cannot be one of ours (another service's token, say) does not shadow a later
 * header. The query string is not looked at: it ends up in the logs of everything on the way.
 */
export function readPresentedKey(headers: IncomingHttpHeaders, prefix: string): PresentedKey {
  const texts = KEY_HEADERS.flatMap((name) => headers[name] ?? [])
    .map((text) => text.trim().replace(BEARER, '').trim())
    .filter((text) => text !== '');
  const secret = texts.find((text) => canBeKey(text, prefix));
  if (secret !== undefined) return { kind: 'key', secret };
  return { kind: texts.length === 0 ? 'none' : 'unusable' };
}

/** Whether the text has the form of a key of this gateway. */
export const canBeKey = (text: string, prefix: string): boolean =>
  text.length >= MIN_LENGTH && text.length <= MAX_LENGTH && text.startsWith(prefix);
