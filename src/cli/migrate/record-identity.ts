import { PLATFORMS } from '../../platforms/platforms.module.js';
import type { KeyState } from './decide-key.js';
import { fingerprintOf, type StoredValue } from './stored-value.js';
import { apiKeyIdOf, fieldsOf } from './value-differences.js';

/** They change with each request, and are no change that somebody made. */
const OF_API_KEYS: ReadonlySet<string> = new Set(['lastUsedAt', 'updatedAt']);
const OF_ACCOUNTS: ReadonlySet<string> = new Set([
  ...OF_API_KEYS,
  'rateLimitedAt',
  'rateLimitStatus',
  'dailyUsage',
  'lastResetDate',
  'totalUsedTokens',
]);
const ACCOUNTS = PLATFORMS.map((Platform) => `${new Platform().account.recordPrefix}:`);

/** By what a key is known again. Of a record of a client key or an account without what each request changes. */
export function identityOf(key: string, value: StoredValue): Pick<KeyState, 'fingerprint' | 'usedAt'> {
  const passing = value.type === 'hash' ? passingFieldsOf(key) : null;
  if (passing === null) return { fingerprint: fingerprintOf(value) };
  const fields = fieldsOf(value);
  const [used, changed] = [fields.get('lastUsedAt') ?? '', fields.get('updatedAt') ?? ''];
  return { fingerprint: fingerprintOf(value, passing), usedAt: used > changed ? used : changed };
}

function passingFieldsOf(key: string): ReadonlySet<string> | null {
  if (apiKeyIdOf(key) !== null) return OF_API_KEYS;
  return ACCOUNTS.some((prefix) => key.startsWith(prefix)) ? OF_ACCOUNTS : null;
}
