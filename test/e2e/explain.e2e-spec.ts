import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { dumpStore } from '../support/store-dump.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

const MODEL = 'claude-opus-5-5';
const NOBODY = '80cac638-f623-4bed-ac85-8a1a69d6525d';

interface Explained {
  readonly name: string;
  readonly verdict: string;
  readonly order: number | null;
  readonly reasons: readonly string[];
  readonly sticky: boolean;
}

describe('POST /api/v2/scheduler/explain', () => {
  const pool = TwoAccounts.forSuite();
  let dedicated: string;
  let codex: string;

  beforeAll(async () => {
    dedicated = await pool.app.account(pool.simulator.url, 'up-c', { priority: 1, accountType: 'dedicated' });
    codex = await pool.app.account(pool.simulator.url, 'up-d', { priority: 1 }, 'codex');
  });

  const ask = (body: object): Promise<ApiAnswer> => pool.app.api('POST', '/scheduler/explain', body);
  const askForPool = (change: object = {}): Promise<ApiAnswer> => ask({ keyId: pool.keyId, model: MODEL, ...change });
  const short = ({ body }: ApiAnswer): unknown[] =>
    body.accounts.map(({ name, verdict, order, reasons }: Explained) => [name, verdict, order, reasons]);

  it('says who gets the next request, who comes after, and who does not serve the key', async () => {
    const answer = await askForPool();
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      keyId: pool.keyId,
      keyName: 'test key',
      refusal: null,
      accounts: [
        {
          id: pool.first,
          name: 'account up-a',
          platform: 'claude-console',
          tier: 'pool',
          verdict: 'chosen',
          order: 1,
          reasons: [],
          coolDownUntil: null,
          coolDownLeftSeconds: null,
          availableAt: null,
          sticky: false,
          recovering: false,
          limits: { slots: null, dailyQuota: null },
        },
        expect.objectContaining({ id: pool.second, tier: 'pool', verdict: 'kept', order: 2, reasons: [] }),
        expect.objectContaining({
          id: dedicated,
          tier: null,
          verdict: 'rejected',
          order: null,
          reasons: ['not_in_pool'],
        }),
      ],
    });
  });

  it('tells of the session, of marks that are set, and of what is left of limits', async () => {
    const session = pool.headers['x-claude-code-session-id'];
    const change = { maxConcurrentTasks: 5, dailyQuota: 25 };
    expect((await pool.app.api('PUT', `/accounts/claude-console/${pool.second}`, change)).status).toBe(200);
    pool.simulator.setDefault('up-a', 'server_error');
    expectWhole(await pool.send(false), false);
    const answer = await askForPool({ session });
    await pool.app.api('PUT', `/accounts/claude-console/${pool.second}`, { maxConcurrentTasks: 0, dailyQuota: 0 });
    const [chosen, cooling] = answer.body.accounts;
    expect(chosen).toMatchObject({
      id: pool.second,
      verdict: 'chosen',
      sticky: true,
      limits: { slots: { limit: 5, inUse: 0, share: null }, dailyQuota: { limitUsd: 25 } },
    });
    const { spentUsd, leftUsd, resetsAt } = chosen.limits.dailyQuota;
    expect(Number(spentUsd) + Number(leftUsd)).toBeCloseTo(25, 6);
    expect(Date.parse(resetsAt)).toBeGreaterThan(Date.now());
    expect(cooling).toMatchObject({
      id: pool.first,
      verdict: 'rejected',
      order: null,
      reasons: ['cooling_down'],
      sticky: false,
    });
    expect(cooling.coolDownLeftSeconds).toBeGreaterThan(290);
    expect(cooling.coolDownLeftSeconds).toBeLessThanOrEqual(300);
    expect(cooling.availableAt).toBe(cooling.coolDownUntil);
    expect(Date.parse(cooling.coolDownUntil)).toBeGreaterThan(Date.now() + 280_000);
  });

  it('names the account that then serves, time after time', async () => {
    const equal = { priority: 1 };
    await pool.app.api('PUT', `/accounts/claude-console/${pool.second}`, equal);
    pool.simulator.setDefault('up-a', { text: 'x' });
    for (let i = 0; i < 4; i += 1) {
      const { body } = await askForPool();
      const before = pool.simulator.requests('up-a').length;
      const headers = { 'x-api-key': pool.headers['x-api-key'] ?? '', 'x-claude-code-session-id': `turn-${String(i)}` };
      await pool.app.call('POST', '/api/v1/messages', questionOf(false), headers);
      const served = pool.simulator.requests('up-a').length > before ? pool.first : pool.second;
      expect(body.accounts[0]).toMatchObject({ id: served, verdict: 'chosen' });
    }
    await pool.app.api('PUT', `/accounts/claude-console/${pool.second}`, { priority: 2 });
  });

  it('takes the secret of a key for its id, and never says it', async () => {
    const secret = pool.headers['x-api-key'] ?? '';
    const answer = await ask({ key: ` ${secret} `, model: MODEL });
    expect(answer.body).toMatchObject({ keyId: pool.keyId, refusal: null });
    expect(JSON.stringify(answer.body)).not.toContain(secret.slice(3));
    const wrong = await ask({ key: `${secret.slice(0, -1)}!`, model: MODEL });
    expect(wrong.status).toBe(404);
    expect(JSON.stringify(wrong.body)).not.toContain(secret.slice(3, 20));
  });

  it('looks at one platform where it is named, whether a route relays to it or not', async () => {
    const answer = await askForPool({ platform: 'codex', model: 'gpt-5-codex' });
    expect(answer.body.accounts).toMatchObject([{ id: codex, platform: 'codex', verdict: 'chosen', order: 1 }]);
    expect((await askForPool({ platform: 'claude-console' })).body.accounts).toHaveLength(3);
    expect(short(await askForPool({ endpoint: 'count_tokens' }))[0]).toEqual(['account up-a', 'chosen', 1, []]);
  });

  it('prefers the account that the key is bound to', async () => {
    const bound = await pool.app.key({ claudeConsoleAccountId: dedicated });
    expect(short(await ask({ keyId: bound.id.toUpperCase(), model: MODEL }))).toEqual([
      ['account up-c', 'chosen', 1, []],
      ['account up-a', 'rejected', null, ['not_in_pool']],
      ['account up-b', 'rejected', null, ['not_in_pool']],
    ]);
  });

  it.each<[string, Record<string, unknown>, object, object]>([
    ['disabled', {}, { isActive: false }, { code: 'invalid_key', message: 'API key is disabled.' }],
    [
      'without the permission',
      { permissions: ['codex'] },
      {},
      { code: 'permission_denied', message: 'This API key may not use this service.' },
    ],
    [
      'that may not use the model',
      { enableModelRestriction: true, restrictedModels: [MODEL], modelRestrictionMode: 'deny' },
      {},
      { code: 'model_not_allowed', message: `This API key may not use the model ${MODEL}.` },
    ],
  ])('says why a key %s is refused, in the words of its client', async (_, settings, change, refusal) => {
    const { id, key } = await pool.app.key(settings);
    await pool.app.api('PUT', `/keys/${id}`, change);
    for (const platform of [undefined, 'claude-console']) {
      const { status, body } = await ask({ key, model: MODEL, platform });
      expect([status, body]).toEqual([200, { keyId: id, keyName: 'test key', refusal, accounts: [] }]);
    }
    const real = await pool.app.call('POST', '/api/v1/messages', questionOf(false), { 'x-api-key': key });
    expect(real.body.error.message).toBe((refusal as { message: string }).message);
  });

  it.each<[string, object, readonly string[]]>([
    ['no key', { keyId: undefined }, ['key', 'keyId']],
    ['two keys', { key: 'cr_0123456789' }, ['key', 'keyId']],
    ['no model', { model: undefined }, ['model']],
    ['an unknown platform', { platform: 'gemini' }, ['platform']],
    ['an unknown endpoint', { endpoint: 'messages/batches' }, ['endpoint']],
    ['a session that no client sends', { session: 'a\u0007b' }, ['session']],
    ['an empty session', { session: '' }, ['session']],
    ['an unknown field', { account: 'x' }, ['account']],
  ])('refuses %s and names the field', async (_, change, fields) => {
    const { status, body } = await askForPool(change);
    expect(status).toBe(400);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
  });

  it.each([NOBODY, 'no id', '../x'])('answers 404 for the key %j, which is not there', async (keyId) => {
    const { status, body } = await askForPool({ keyId });
    expect([status, body.detail]).toEqual([404, 'There is no API key with this id.']);
  });

  it('is for administrators', async () => {
    expect((await pool.app.call('POST', '/api/v2/scheduler/explain', { model: MODEL })).status).toBe(401);
    expect((await pool.app.call('POST', '/api/v2/scheduler/explain', {}, pool.headers)).status).toBe(401);
  });
});

describe('an explanation', () => {
  let app: TestApp;
  let store: StoreClient;

  beforeAll(async () => {
    app = await TestApp.start();
    store = app.app.get(STORE_CLIENT);
  });
  afterAll(() => app.close());

  it('changes nothing in the store', async () => {
    const id = await app.account('http://127.0.0.1:9', 'up-a', { maxConcurrentTasks: 2 });
    const { id: keyId, key } = await app.key({ expirationMode: 'activation', activationDays: 3 });
    const mapping = JSON.stringify({ accountId: id, accountType: 'claude-console' });
    // So little that a request of the session would renew it.
    await store.set(keys.session.mapping('unified_claude_session_mapping:', 's'), mapping, 'PX', 600_500);
    await store.zadd(keys.limits.accountConcurrency(id), Date.now() + 60_000, 'alive');
    await store.zadd(keys.limits.accountConcurrency(id), Date.now() - 1, 'expired');
    const before = await dumpStore(store);
    for (const body of [{ keyId }, { key }]) {
      const answer = await app.api('POST', '/scheduler/explain', { ...body, model: MODEL, session: 's' });
      expect(answer.body.accounts).toMatchObject([
        { id, verdict: 'chosen', sticky: true, limits: { slots: { limit: 2, inUse: 1 } } },
      ]);
    }
    const after = await dumpStore(store);
    const rough = (dump: typeof before) =>
      Object.entries(dump).map(([name, { ttlSeconds, ...rest }]) => ({
        name,
        ...rest,
        isShort: ttlSeconds !== null && ttlSeconds <= 601,
      }));
    expect(rough(after)).toEqual(rough(before));
  });
});
