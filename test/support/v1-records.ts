import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { keys, type StoreClient } from '@crs/store';
import { V1_HOUR, V1_SETTINGS } from './v1-golden.ts';

type Fields = Readonly<Record<string, string>>;

const MADE_AT = '2026-11-20T04:05:06.789Z';

/** A secret as v1 stores it. */
function encryptAsV1(secret: string, salt: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(V1_SETTINGS.encryptionKey, salt, 32), iv);
  return `${iv.toString('hex')}:${Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]).toString('hex')}`;
}

/** What v1 looks a client key up by. */
const hashAsV1 = (secret: string): string =>
  createHash('sha256')
    .update(secret + V1_SETTINGS.encryptionKey)
    .digest('hex');

/** A client key's text that is always the same for a name. */
export const secretOf = (name: string): string => `cr_${createHash('sha256').update(name).digest('hex')}`;

/** An id that is always the same for a name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

const KEY_FIELDS: Fields = {
  ...{ description: '', tokenLimit: '0', concurrencyLimit: '0', rateLimitWindow: '0', rateLimitRequests: '0' },
  ...{ rateLimitCost: '0', isActive: 'true', claudeAccountId: '', claudeConsoleAccountId: '', geminiAccountId: '' },
  ...{ openaiAccountId: '', azureOpenaiAccountId: '', bedrockAccountId: '', permissions: 'all' },
  ...{
    enableModelRestriction: 'false',
    restrictedModels: '[]',
    enableClientRestriction: 'false',
    allowedClients: '[]',
  },
  ...{ dailyCostLimit: '0', totalCostLimit: '0', weeklyOpusCostLimit: '0', tags: '[]', activationDays: '0' },
  ...{ activationUnit: 'days', expirationMode: 'fixed', isActivated: 'true', activatedAt: MADE_AT, createdAt: MADE_AT },
  ...{ lastUsedAt: '', expiresAt: '', createdBy: 'admin', userId: '', userUsername: '', icon: '' },
};

/** Puts a client key there under its name; a field that is undefined is left out. */
export async function putV1Key(
  store: StoreClient,
  name: string,
  change: Readonly<Record<string, string | undefined>> = {},
  lookUp: 'hash map' | 'legacy' | 'none' = 'hash map',
): Promise<void> {
  const [id, hash] = [idOf(name), hashAsV1(secretOf(name))];
  const fields = new Map(Object.entries({ ...KEY_FIELDS, id, name, apiKey: hash }));
  for (const [field, value] of Object.entries(change)) {
    if (value === undefined) fields.delete(field);
    else fields.set(field, value);
  }
  await store.hset(keys.apiKey.record(id), Object.fromEntries(fields));
  if (lookUp === 'hash map') await store.hset(keys.apiKey.hashMap, { [hash]: id });
  if (lookUp === 'legacy') await store.hset(keys.apiKey.legacyHash(hash), { id, name, isActive: 'true' });
  // The index of a newer version is rebuilt, as its administrator can ask for.
  await store.del(keys.apiKey.indexVersion);
}

const KINDS = {
  claude: {
    ...{ prefix: 'claude_console_account', shared: 'shared_claude_console_accounts', salt: 'claude-console-salt' },
    urlField: 'apiUrl',
    fields: { platform: 'claude-console', supportedModels: '{}', userAgent: 'claude-cli/1.0.69 (external, cli)' },
  },
  codex: {
    ...{
      prefix: 'openai_responses_account',
      shared: 'shared_openai_responses_accounts',
      salt: 'openai-responses-salt',
    },
    urlField: 'baseApi',
    fields: { platform: 'openai-responses', userAgent: '' },
  },
} as const;

/** The secret of the account of that name. */
export const upstreamSecretOf = (name: string): string => `up-${name.replaceAll(' ', '-')}`;

/** Puts an account there under its name. */
export async function putV1Account(
  store: StoreClient,
  kind: keyof typeof KINDS,
  name: string,
  url: string,
  change: Fields = {},
): Promise<void> {
  const { prefix, shared, salt, urlField, fields } = KINDS[kind];
  const record: Fields = {
    ...{ id: idOf(name), name, description: '', priority: '50', proxy: '', isActive: 'true', schedulable: 'true' },
    ...{ accountType: 'shared', status: 'active', errorMessage: '', createdAt: MADE_AT, lastUsedAt: '' },
    ...{ rateLimitDuration: '60', rateLimitedAt: '', rateLimitStatus: '', dailyQuota: '0', dailyUsage: '0' },
    ...{ lastResetDate: '2026-11-20', quotaResetTime: '00:00', quotaStoppedAt: '' },
    ...fields,
    [urlField]: url,
    apiKey: encryptAsV1(upstreamSecretOf(name), salt),
    ...change,
  };
  await store.hset(keys.account.record(prefix, idOf(name)), record);
  if (record['accountType'] === 'shared') await store.sadd(shared, idOf(name));
  const index = keys.account.index(prefix);
  if ((await store.exists(index)) === 1) await store.sadd(index, idOf(name));
}

export async function putV1Group(
  store: StoreClient,
  name: string,
  platform: 'claude' | 'openai' | 'gemini',
  members: readonly string[],
): Promise<void> {
  const id = idOf(name);
  await store.sadd(keys.group.all, id);
  await store.hset(keys.group.record(id), {
    ...{ id, name, platform, description: '', createdAt: MADE_AT, updatedAt: MADE_AT },
  });
  await store.sadd(keys.group.members(id), ...members.map(idOf));
}

/** v1's word that an account is not to be used for a while. */
export async function putV1Mark(store: StoreClient, accountType: string, name: string, seconds: number): Promise<void> {
  const mark = {
    ...{ statusCode: 503, errorType: 'service_unavailable', markedAt: V1_HOUR.toISOString(), ttlSeconds: seconds },
    ...{ cooldownSeconds: seconds, expiresAt: new Date(V1_HOUR.getTime() + seconds * 1000).toISOString() },
  };
  const key = keys.account.tempUnavailable(accountType, idOf(name));
  await store.set(key, JSON.stringify(mark), 'PX', seconds * 1000);
}
