import type { AccountKind } from '@crs/extension-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccountApi, type Json, startAccountApi } from '../../test/support/account-api.js';
import {
  CODEX_KIND,
  CONSOLE_KIND,
  putAccounts,
  v1CodexRecord,
  v1ConsoleRecord,
} from '../../test/support/account-fixture.js';

/** `set`: the API sets it to the first value, stored as the second. `read`: only answered. `inner`: neither. */
type Verdict =
  | readonly ['set', field: string, value: unknown, stored: string | RegExp]
  | readonly ['read', reason: string]
  | readonly ['inner', reason: string];

const BY_RESET = 'is read-only: POST .../reset-rate-limit ends what it stands for';
const PROXY = { type: 'http', host: 'proxy.example', port: 3128, username: 'u', password: 'p' };

/** Fields that version 1 stores for both kinds. */
const COMMON: Readonly<Record<string, Verdict>> = {
  id: ['read', 'is read-only'],
  name: ['set', 'name', 'new', 'new'],
  description: ['set', 'description', 'words', 'words'],
  platform: ['read', 'is read-only: it stands in the path'],
  apiKey: ['set', 'apiKey', 'sk-new', /^[0-9a-f]{32}:[0-9a-f]{32}$/],
  priority: ['set', 'priority', 7, '7'],
  userAgent: ['set', 'userAgent', 'agent/1', 'agent/1'],
  rateLimitDuration: ['set', 'rateLimitDuration', 0, '0'],
  proxy: ['set', 'proxy', PROXY, JSON.stringify(PROXY)],
  isActive: ['set', 'isActive', false, 'false'],
  accountType: ['set', 'accountType', 'group', 'group'],
  schedulable: ['set', 'schedulable', false, 'false'],
  status: ['read', BY_RESET],
  errorMessage: ['read', BY_RESET],
  createdAt: ['read', 'is read-only'],
  lastUsedAt: ['read', 'is read-only'],
  subscriptionExpiresAt: ['set', 'subscriptionExpiresAt', '2030-01-31', '2030-01-31T00:00:00.000Z'],
  rateLimitedAt: ['read', BY_RESET],
  rateLimitStatus: ['read', BY_RESET],
  dailyQuota: ['set', 'dailyQuota', 12.5, '12.5'],
  dailyUsage: ['read', 'is read-only: it is counted'],
  lastResetDate: ['inner', 'is read-only: it is counted'],
  quotaResetTime: ['set', 'quotaResetTime', '06:30', '06:30'],
  quotaStoppedAt: ['inner', BY_RESET],
  disableAutoProtection: ['set', 'disableAutoProtection', true, 'true'],
  unauthorizedAt: ['inner', BY_RESET],
  unauthorizedCount: ['inner', BY_RESET],
};

const CONSOLE: Readonly<Record<string, Verdict>> = {
  ...COMMON,
  apiUrl: ['set', 'apiUrl', 'https://new.example/', 'https://new.example/'],
  supportedModels: ['set', 'supportedModels', { a: 'b' }, '{"a":"b"}'],
  updatedAt: ['read', 'is read-only'],
  rateLimitAutoStopped: ['inner', BY_RESET],
  quotaAutoStopped: ['inner', BY_RESET],
  maxConcurrentTasks: ['set', 'maxConcurrentTasks', 3, '3'],
  interceptWarmup: ['set', 'interceptWarmup', true, 'true'],
  overloadedAt: ['inner', BY_RESET],
  overloadStatus: ['inner', BY_RESET],
  blockedAt: ['inner', BY_RESET],
  blockedStatus: ['inner', BY_RESET],
  blockedAutoStopped: ['inner', BY_RESET],
  countTokensUnavailable: ['inner', BY_RESET],
  countTokensUnavailableAt: ['inner', BY_RESET],
  autoStoppedAt: ['inner', BY_RESET],
  stoppedReason: ['inner', BY_RESET],
};

const CODEX: Readonly<Record<string, Verdict>> = {
  ...COMMON,
  baseApi: ['set', 'apiUrl', 'https://new.example/v1/', 'https://new.example/v1'],
  rateLimitResetAt: ['inner', BY_RESET],
  providerEndpoint: ['set', 'providerEndpoint', 'auto', 'auto'],
  totalUsedTokens: ['inner', 'is read-only: it is counted'],
};

/** Kind, platform, a record of it, and its fields. Two ids of groups are what the routes of version 1 also take. */
const KINDS: readonly (readonly [string, AccountKind, Record<string, string>, Readonly<Record<string, Verdict>>])[] = [
  ['claude-console', CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }), CONSOLE],
  ['codex', CODEX_KIND, v1CodexRecord({ id: 'a' }), CODEX],
];

describe.each(KINDS)('the fields that version 1 stores of %s accounts', (platform, kind, record, fields) => {
  let api: AccountApi;

  beforeAll(async () => {
    api = await startAccountApi();
  });

  afterAll(async () => {
    await api.close();
  });

  beforeEach(async () => {
    await api.store.del(`${kind.recordPrefix}:a`);
    await putAccounts(api.store, kind, record);
  });

  const put = (body: Json) => api.send('PUT', `${platform}/a`, body);
  const stored = (): Promise<Record<string, string>> => api.store.hgetall(`${kind.recordPrefix}:a`);

  it('are all listed here', () => {
    expect(Object.keys(record).filter((field) => !Object.hasOwn(fields, field))).toEqual([]);
  });

  it.each(Object.entries(fields).filter(([, [verdict]]) => verdict === 'set'))(
    '%s can be set',
    async (field, verdict) => {
      const [, name, value, text] = verdict as Extract<Verdict, readonly ['set', ...unknown[]]>;
      const { status, body } = await put({ [name]: value });
      expect({ status, body }).toMatchObject({ status: 200 });
      const { [field]: written, updatedAt: _, ...rest } = await stored();
      if (typeof text === 'string') expect(written).toBe(text);
      else expect(written).toMatch(text);
      const { [field]: __, updatedAt: ___, ...before } = record;
      expect(rest).toMatchObject(before);
      if (field !== 'apiKey') expect(body).toHaveProperty(name);
    },
  );

  it.each(Object.entries(fields).filter(([, [verdict]]) => verdict !== 'set'))(
    '%s cannot be set, and the answer says why',
    async (field, [verdict, reason]) => {
      const { status, body } = await put({ [field]: 'x' });
      expect(status).toBe(400);
      expect(body['errors']).toEqual([{ field, message: `${field} ${reason}` }]);
      expect(await stored()).toEqual(record);
      const { body: account } = await api.send('GET', `${platform}/a`);
      expect(Object.hasOwn(account, field)).toBe(verdict === 'read');
    },
  );

  it.each(Object.keys({ ...CONSOLE, ...CODEX, groupId: 1, groupIds: 1, marks: 1, hasApiKey: 1, quotaResetsAt: 1 }))(
    '%s is never refused as unknown',
    async (field) => {
      const { body } = await put({ [field]: [[7]] });
      const [error] = body['errors'] as { readonly message: string }[];
      expect(error?.message).toContain(field);
      expect(error?.message).not.toContain('is not a known field');
    },
  );

  it('cannot be set when they belong to the other kind, and the answer says so', async () => {
    const foreign = platform === 'codex' ? ['supportedModels', 'maxConcurrentTasks'] : ['providerEndpoint'];
    for (const field of foreign) {
      const { body } = await put({ [field]: null });
      expect(body['errors']).toEqual([{ field, message: `${field} does not exist for accounts of ${platform}` }]);
    }
  });
});
