import { isAwaitingActivation } from './activation.js';
import type { ApiKeyRecord } from './api-key-record.js';

export const KEY_NOT_FOUND = 'API key not found.';

/** Why nobody may use the key now, in words for whoever holds it; null = it works, or will with its first use. */
export function whyUnusable(record: ApiKeyRecord, now: Date): string | null {
  // Whether a secret once was a key is nobody's business any more.
  if (record.deletion !== null) return KEY_NOT_FOUND;
  if (!record.isActive) return 'API key is disabled.';
  const { expiresAt } = record;
  const hasExpired = expiresAt !== null && expiresAt.getTime() <= now.getTime();
  return hasExpired && !isAwaitingActivation(record) ? 'API key has expired.' : null;
}
