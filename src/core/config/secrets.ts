import { hkdfSync } from 'node:crypto';

/** What DATA_DIR/secrets.json holds. */
export interface StoredSecrets {
  readonly encryptionKey: string;
  readonly jwtSecret: string;
}

export interface SecretsQuestion {
  /** ENCRYPTION_KEY and JWT_SECRET as set, or null. */
  readonly encryptionKey: string | null;
  readonly jwtSecret: string | null;
  readonly allowPlaceholder: boolean;
  readonly production: boolean;
  readonly store: 'embedded' | 'redis';
  /** The embedded store's file was there before the secrets were looked for. */
  readonly databaseExists: boolean;
  /** What an earlier start generated, or null. */
  readonly stored: StoredSecrets | null;
  /** The file of generated secrets, for messages. */
  readonly file: string;
}

export type SecretsAnswer =
  | {
      readonly kind: 'use';
      readonly encryptionKey: string;
      readonly jwtSecret: string;
      readonly notes: readonly string[];
    }
  /** Generate the file, then ask again. */
  | { readonly kind: 'generate' }
  | { readonly kind: 'refuse'; readonly reason: string };

/** What v1's example files and defaults have where a secret belongs. Everybody knows them. */
const PLACEHOLDERS = new Set([
  'CHANGE-THIS-32-CHARACTER-KEY-NOW',
  'CHANGE-THIS-JWT-SECRET-IN-PRODUCTION',
  'your-encryption-key-here',
  'your-32-character-encryption-key-here',
  'your-jwt-secret-here',
]);
const LIKE_A_PLACEHOLDER = /^(your[-_ ]|change[-_ ]?(this|me)|replace[-_ ]?(this|me|with))/i;

/** The text is one of those that stand for a secret nobody has chosen yet. */
export const isPlaceholder = (text: string): boolean => PLACEHOLDERS.has(text) || LIKE_A_PLACEHOLDER.test(text);

const HOW_TO_MAKE_ONE = 'make one with: openssl rand -hex 32';
const JWT_INFO = 'claude-relay-service v2 admin token';
const SHORT = 32;

/** Decides where the two secrets come from. Pure; `generate` is never the answer when `stored` is given. */
export const decideSecrets = (question: SecretsQuestion): SecretsAnswer => {
  const chosen = chooseEncryptionKey(question);
  if (chosen.kind !== 'use') return chosen;
  const { encryptionKey } = chosen;
  const jwt = chooseJwtSecret(question, encryptionKey);
  return { kind: 'use', encryptionKey, jwtSecret: jwt.value, notes: [...chosen.notes, ...jwt.notes] };
};

type ChosenKey =
  | { readonly kind: 'use'; readonly encryptionKey: string; readonly notes: readonly string[] }
  | Exclude<SecretsAnswer, { kind: 'use' }>;

const chooseEncryptionKey = (question: SecretsQuestion): ChosenKey => {
  const { encryptionKey, allowPlaceholder, production, store } = question;
  if (encryptionKey === null) return withoutKey(question, []);
  if (!isPlaceholder(encryptionKey)) return useGivenKey(question, encryptionKey, []);
  if (allowPlaceholder) {
    return useGivenKey(question, encryptionKey, [
      'ENCRYPTION_KEY is a placeholder that everybody knows (allowed by ALLOW_PLACEHOLDER_KEY): ' +
        'whoever reads the database can open every secret in it',
    ]);
  }
  // No database of v1 is embedded, so nothing can depend on a placeholder there.
  if (store === 'embedded') {
    return withoutKey(question, ['ENCRYPTION_KEY is a placeholder and is taken for unset']);
  }
  if (production) return { kind: 'refuse', reason: refusal('ENCRYPTION_KEY is a placeholder that everybody knows') };
  return useGivenKey(question, encryptionKey, [
    'ENCRYPTION_KEY is a placeholder that everybody knows; with NODE_ENV=production the service would not start',
  ]);
};

const refusal = (problem: string): string =>
  [
    `${problem}, and with Redis and NODE_ENV=production the service does not start like that.`,
    `Set ENCRYPTION_KEY to the key of the database, the same on every instance; for a new database ${HOW_TO_MAKE_ONE}`,
    'A v1 database that was made with a placeholder opens with that placeholder and ALLOW_PLACEHOLDER_KEY=true.',
  ].join('\n');

const useGivenKey = (question: SecretsQuestion, encryptionKey: string, notes: readonly string[]): ChosenKey => {
  const { stored, file } = question;
  const more: string[] = [];
  if (stored !== null && stored.encryptionKey !== encryptionKey) {
    more.push(
      `ENCRYPTION_KEY differs from the one in ${file}; the variable is used: what the other sealed stays closed`,
    );
  }
  if (encryptionKey.length < SHORT) {
    more.push(`ENCRYPTION_KEY is short (${encryptionKey.length} characters); 32 or more are hard to guess`);
  }
  return { kind: 'use', encryptionKey, notes: [...notes, ...more] };
};

/** No key was set: the one that was generated, or a new one where that cannot lock anything out. */
const withoutKey = (question: SecretsQuestion, notes: readonly string[]): ChosenKey => {
  const { stored, store, production, databaseExists, file } = question;
  if (store === 'redis' && production) return { kind: 'refuse', reason: refusal('ENCRYPTION_KEY is not set') };
  if (stored !== null) {
    const shared = store === 'redis' ? [`ENCRYPTION_KEY is taken from ${file}; every instance needs the same`] : [];
    return { kind: 'use', encryptionKey: stored.encryptionKey, notes: [...notes, ...shared] };
  }
  if (databaseExists) {
    return {
      kind: 'refuse',
      reason: [
        `There is a database, but neither ENCRYPTION_KEY nor ${file}: with a new key nothing in it could be opened.`,
        'Set ENCRYPTION_KEY to the key that it was made with, or put the file back.',
      ].join('\n'),
    };
  }
  return { kind: 'generate' };
};

interface ChosenSecret {
  readonly value: string;
  readonly notes: readonly string[];
}

const chooseJwtSecret = (question: SecretsQuestion, encryptionKey: string): ChosenSecret => {
  const { jwtSecret, stored, store, file } = question;
  if (jwtSecret !== null && !isPlaceholder(jwtSecret)) {
    return { value: jwtSecret, notes: notesOnGivenJwtSecret(question, jwtSecret) };
  }
  const placeholder = jwtSecret === null ? [] : ['JWT_SECRET is a placeholder and is taken for unset'];
  // With Redis, instances that share ENCRYPTION_KEY must accept one another's tokens; a file belongs to one machine.
  if (stored !== null && store === 'embedded') return { value: stored.jwtSecret, notes: placeholder };
  const derived = Buffer.from(hkdfSync('sha256', encryptionKey, '', JWT_INFO, 32)).toString('hex');
  const why = stored === null ? 'is not set' : `is not set (the one in ${file} is not used with Redis)`;
  return { value: derived, notes: [...placeholder, `JWT_SECRET ${why}: it is derived from ENCRYPTION_KEY`] };
};

const notesOnGivenJwtSecret = ({ stored, file }: SecretsQuestion, jwtSecret: string): string[] => {
  const notes: string[] = [];
  if (stored !== null && stored.jwtSecret !== jwtSecret) {
    notes.push(`JWT_SECRET differs from the one in ${file}; the variable is used: earlier logins have ended`);
  }
  if (jwtSecret.length < SHORT) {
    notes.push(`JWT_SECRET is short (${jwtSecret.length} characters); 32 or more are hard to guess`);
  }
  return notes;
};
