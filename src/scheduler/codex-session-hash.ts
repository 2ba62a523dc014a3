import { createHash } from 'node:crypto';
import type { HeaderMap } from '@crs/extension-api';
import { SESSION_ID } from './session-hash.js';

/** What a request of OpenAI's protocols shows of its session. */
export interface CodexSessionHints {
  readonly headers: HeaderMap;
  /** A top-level member of the body, parsed. */
  readonly member: (name: string) => unknown;
}

/** The members of a body that may name its session. */
export const SESSION_MEMBERS: readonly string[] = ['prompt_cache_key', 'session_id', 'conversation_id'];

/**
 * v1's key of the session that a request names; null: no stickiness. What Codex sends comes first, in the form of today;
 * then what v1 looks at, in its order.
 */
export function codexSessionHash({ headers, member }: CodexSessionHints): string | null {
  const named = [
    headers['session-id'],
    member('prompt_cache_key'),
    headers['session_id'],
    headers['x-session-id'],
    member('session_id'),
    member('conversation_id'),
  ];
  for (const value of named) {
    const hash = typeof value === 'string' ? codexSessionNamed(value) : null;
    if (hash !== null) return hash;
  }
  return null;
}

/** The same for an id; null for text that is none. */
export const codexSessionNamed = (id: string): string | null =>
  SESSION_ID.test(id) ? createHash('sha256').update(id).digest('hex') : null;
