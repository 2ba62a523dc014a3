import { isPrivateAddress } from '../core/egress/address-guard.js';

/** What is wrong with the address of an upstream, in words for an administrator; null = nothing. */
export function findUrlFault(text: string, allowPrivate: boolean): string | null {
  if (/[\s\p{Cc}]/u.test(text)) return 'must not contain spaces or control characters';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'must be a whole address such as https://api.example.com';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password; use apiKey';
  if (text.includes('?')) return 'must not contain a query (what follows a ?)';
  if (text.includes('#')) return 'must not contain a fragment (what follows a #)';
  // Names that resolve to such an address are refused when a connection is made.
  if (!allowPrivate && isPrivateAddress(url.hostname.replace(/\.$/, ''))) {
    return `must not lead to a private, loopback or link-local address (${url.hostname}); ALLOW_PRIVATE_UPSTREAMS=true allows it`;
  }
  return null;
}
