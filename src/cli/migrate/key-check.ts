import { keys } from '@crs/store';
import type { AppConfig } from '../../core/config/app-config.js';
import { SecretBox } from '../../core/crypto/secret-box.js';
import { PLATFORMS } from '../../platforms/platforms.module.js';
import { MigrationError } from './migration-error.js';
import type { Side } from './side.js';

/** How v1 seals the accounts that say something about its key. */
const SEALED = [
  ...PLATFORMS.map((Platform) => {
    const { recordPrefix, secretSalt } = new Platform().account;
    return { prefix: recordPrefix, field: 'apiKey', salt: secretSalt };
  }),
  { prefix: 'openai:account', field: 'accessToken', salt: 'openai-account-salt' },
];

const LOOKS_SEALED = /^[0-9a-f]{32}:[0-9a-f]+$/;
const LOOKS_HASHED = /^[0-9a-f]{64}$/;
/** One record may be damaged; so many are not. */
const TRIED = 5;

/**
 * Makes sure that the gateway will be able to use what is carried: ENCRYPTION_KEY opens the secrets of accounts, and
 * client keys are stored as hashes. Answers notes.
 *
 * @throws MigrationError when it will not
 */
export async function checkKeys(source: Side, config: AppConfig): Promise<string[]> {
  return [await checkSecrets(source, new SecretBox(config)), await checkClientKeys(source)].filter(
    (note) => note !== null,
  );
}

async function checkSecrets(source: Side, box: SecretBox): Promise<string | null> {
  let tried = 0;
  for (const { prefix, field, salt } of SEALED) {
    for (const sealed of await fieldOfSome(source, keys.account.recordPattern(prefix), field)) {
      if (!LOOKS_SEALED.test(sealed)) continue;
      if (box.open(sealed, salt, 'empty') !== '') return null;
      tried += 1;
    }
  }
  if (tried === 0)
    return `No account of ${source.address} has a sealed secret, so ENCRYPTION_KEY could not be checked.`;
  throw new MigrationError(
    'refused',
    `ENCRYPTION_KEY opens none of the ${tried} account secrets that were tried in ${source.address}: ` +
      'set it to the key that this database was made with. Nothing was written.',
  );
}

async function checkClientKeys(source: Side): Promise<string | null> {
  const hashes = await fieldOfSome(source, keys.apiKey.recordPattern, 'apiKey');
  if (hashes.length === 0) return `There are no API keys in ${source.address}.`;
  if (hashes.some((hash) => LOOKS_HASHED.test(hash))) return null;
  throw new MigrationError(
    'refused',
    `The API keys in ${source.address} are not stored as v1 does (64 hex digits in the field apiKey): ` +
      'no client could use them. Is this the database of claude-relay-service? Nothing was written.',
  );
}

/** The field of the first records of a pattern that have it. */
async function fieldOfSome(source: Side, pattern: string, field: string): Promise<string[]> {
  const found: string[] = [];
  for await (const names of source.scan(pattern)) {
    const replies = await source.read(names.map((name) => ['hget', name, field]));
    found.push(...replies.filter((reply) => typeof reply === 'string' && reply !== '').map(String));
    if (found.length >= TRIED) break;
  }
  return found.slice(0, TRIED);
}
