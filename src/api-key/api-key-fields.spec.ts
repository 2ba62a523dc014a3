import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeyApp, refusedFields } from '../../test/support/api-key-app.js';
import { testApiKey } from '../../test/support/test-api-key.js';
import { encodeApiKey } from './api-key.codec.js';

const NOW = '2026-11-24T00:00:00.000Z';
const ACCOUNT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const GROUP = `group:${ACCOUNT}`;

/** What is sent under which name, and how v1 stores it under its own. */
interface Settable {
  readonly kind: 'settable';
  readonly sent: unknown;
  readonly stored: string;
  readonly as?: string;
}

/** Not settable: a reason is told. `shown` is the name and value of the answer; none where it is never answered. */
interface Refused {
  readonly kind: 'refused';
  readonly stored: string;
  readonly shown?: readonly [field: string, value: unknown];
  readonly because: RegExp;
}

const set = (sent: unknown, stored = String(sent), as?: string): Settable => ({
  kind: 'settable',
  sent,
  stored,
  ...(as !== undefined && { as }),
});

const refused = (
  stored: string,
  because: RegExp,
  ...shown: readonly [field: string, value: unknown] | []
): Refused => ({
  kind: 'refused',
  stored,
  because,
  ...(shown.length > 0 && { shown: shown as readonly [string, unknown] }),
});

const READ_ONLY = /is read-only/;
const NOT_SERVED = /accounts of this kind are not served here; what v1 stored is kept/;

/** Every field of v1's hash of a key. */
const FIELDS: Readonly<Record<string, Settable | Refused>> = {
  id: refused('', READ_ONLY, 'id', expect.any(String)),
  apiKey: refused('', /is read-only: the secret is made by the gateway/),
  name: set('web-team'),
  description: set('for the web team'),
  icon: set('aGVsbG8='),
  tags: set(['ci', 'team-a'], '["ci","team-a"]'),
  tokenLimit: set(5),
  concurrencyLimit: set(6),
  rateLimitWindow: set(7),
  rateLimitRequests: set(8),
  rateLimitCost: set(1.25),
  dailyCostLimit: set(0.021),
  totalCostLimit: set(500),
  weeklyOpusCostLimit: set(2.5),
  weeklyResetDay: set(7),
  weeklyResetHour: set(23),
  isActive: set(false),
  permissions: set(['claude', 'codex'], '["claude","openai"]'),
  claudeAccountId: set(GROUP),
  claudeConsoleAccountId: set(ACCOUNT),
  openaiAccountId: set(ACCOUNT, `responses:${ACCOUNT}`, 'codexAccountId'),
  geminiAccountId: refused('api:g', NOT_SERVED, 'geminiAccountId', 'api:g'),
  azureOpenaiAccountId: refused('a', NOT_SERVED, 'azureOpenaiAccountId', 'a'),
  bedrockAccountId: refused('b', NOT_SERVED, 'bedrockAccountId', 'b'),
  droidAccountId: refused('d', NOT_SERVED, 'droidAccountId', 'd'),
  ccrAccountId: refused('c', NOT_SERVED),
  enableModelRestriction: set(true),
  restrictedModels: set(['m'], '["m"]'),
  enableClientRestriction: set(true),
  allowedClients: set(['claude_code'], '["claude_code"]'),
  activationDays: set(12),
  activationUnit: set('hours'),
  expirationMode: set('activation'),
  expiresAt: set('2030-01-31T00:00:00.000Z'),
  isActivated: refused('true', /it follows from expirationMode and the first use/, 'isActivated', true),
  activatedAt: refused(NOW, /it follows from expirationMode and the first use/, 'activatedAt', NOW),
  createdAt: refused(NOW, READ_ONLY, 'createdAt', NOW),
  lastUsedAt: refused(NOW, READ_ONLY, 'lastUsedAt', NOW),
  updatedAt: refused(NOW, READ_ONLY, 'updatedAt', NOW),
  createdBy: refused('bob', READ_ONLY, 'createdBy', 'bob'),
  userId: refused('u1', /it names the portal user who made the key/, 'userId', 'u1'),
  userUsername: refused('bob', /it names the portal user who made the key/, 'userUsername', 'bob'),
  serviceRates: set({ claude: 1.5 }, '{"claude":1.5}'),
  enableOpenAIResponsesCodexAdaptation: set(false),
  enableOpenAIResponsesPayloadRules: set(true),
  openaiResponsesPayloadRules: set(
    [{ path: 'a.b', valueType: 'number', value: 1 }],
    '[{"path":"a.b","valueType":"number","value":1}]',
  ),
  isDeleted: refused('true', /use DELETE and POST .*restore/, 'isDeleted', true),
  deletedAt: refused(NOW, READ_ONLY, 'deletedAt', NOW),
  deletedBy: refused('bob', READ_ONLY, 'deletedBy', 'bob'),
  deletedByType: refused('user', READ_ONLY, 'deletedByType', 'user'),
  restoredAt: refused(NOW, READ_ONLY, 'restoredAt', NOW),
  restoredBy: refused('bob', READ_ONLY, 'restoredBy', 'bob'),
  restoredByType: refused('system', READ_ONLY, 'restoredByType', 'system'),
};

/** What some versions of v1 left behind. */
const STRAYS = ['allow1mContext', 'isAggregated', 'quotaLimit', 'quotaUsed', 'serviceQuotaLimits', 'serviceQuotaUsed'];

/** Fields that only have a meaning together with others: what is sent with them, and what is stored beside them. */
const SENT_WITH: Readonly<Record<string, object>> = {
  enableModelRestriction: { modelRestrictionMode: 'deny' },
  restrictedModels: { modelRestrictionMode: 'deny' },
};

const STORED_WITH: Readonly<Record<string, Record<string, string>>> = {
  deletedAt: { isDeleted: 'true' },
  deletedBy: { isDeleted: 'true' },
  deletedByType: { isDeleted: 'true' },
  restoredBy: { restoredAt: NOW },
  restoredByType: { restoredAt: NOW },
};

const fieldsOfKind = <K extends 'settable' | 'refused'>(kind: K) =>
  Object.entries(FIELDS).filter(
    (entry): entry is [string, Extract<Settable | Refused, { kind: K }>] => entry[1].kind === kind,
  );

describe("v1's fields of a key", () => {
  let app: ApiKeyApp;

  beforeAll(async () => {
    app = await ApiKeyApp.start();
  });

  beforeEach(async () => {
    app.clock.ms = Date.parse(NOW);
    await app.clear();
  });

  afterAll(() => app.close());

  it('are all in the table, and the table has no other', () => {
    const event = { at: new Date(), by: 'ada', byType: 'admin' };
    const whole = testApiKey({ deletion: event, restoration: event, updatedAt: new Date() });
    // v1 sets this one by hand alone; it is never written here, and so kept.
    expect([...Object.keys(encodeApiKey(whole).fields), 'ccrAccountId'].sort()).toEqual(Object.keys(FIELDS).sort());
  });

  it.each(fieldsOfKind('settable'))(
    '%s is set, stored as v1 does, and answered',
    async (field, { sent, stored, as }) => {
      const name = as ?? field;
      const { id } = await app.create({ name: 'a' });
      await app.addTargets({ [name]: sent });
      const { status, body } = await app.call('PUT', `/${id}`, { ...SENT_WITH[field], [name]: sent });
      expect(status).toBe(200);
      expect(body).toMatchObject({ [name]: sent });
      expect((await app.stored(id))[field]).toBe(stored);
      expect((await app.call('GET', `/${id}`)).body).toEqual(body);
    },
  );

  it.each(fieldsOfKind('refused'))(
    '%s is kept, and refused with the reason',
    async (field, { stored, shown, because }) => {
      const { id } = await app.create({ name: 'a' });
      if (stored !== '') await app.write(id, { [field]: stored, ...STORED_WITH[field] });
      const before = (await app.stored(id))[field];
      for (const [method, path] of [
        ['POST', ''],
        ['PUT', `/${id}`],
      ] as const) {
        const answer = await app.call(method, path, { name: 'a', [field]: 'x' });
        expect([answer.status, refusedFields(answer)]).toEqual([400, [field]]);
        expect(answer.body.errors[0]?.message).toMatch(because);
      }
      const found = (await app.call('GET', `/${id}`)).body;
      if (shown === undefined) expect(JSON.stringify(found)).not.toContain(`"${field}"`);
      else expect(found).toMatchObject({ [shown[0]]: shown[1] });
      // A change of something else leaves it alone, if the key can be changed; the date of a change is what changes.
      const changed = await app.call('PUT', `/${id}`, { icon: 'new' });
      expect(changed.status).toBe(found.isDeleted ? 409 : 200);
      if (field !== 'updatedAt') expect((await app.stored(id))[field]).toBe(before);
    },
  );

  it.each(STRAYS)('%s, which means nothing any more, is left alone', async (field) => {
    const { id } = await app.create({ name: 'a' });
    const before = (await app.call('GET', `/${id}`)).body;
    await app.write(id, { [field]: 'left' });
    expect((await app.call('GET', `/${id}`)).body).toEqual(before);
    expect((await app.call('PUT', `/${id}`, { icon: 'new' })).status).toBe(200);
    expect((await app.stored(id))[field]).toBe('left');
  });
});
