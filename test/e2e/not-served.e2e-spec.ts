import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeOnEachStoreConfig, type StoreOfRun } from '../support/each-store-config.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';

const LOGIN = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const WORDS = /bound to an account of a kind that this gateway does not serve/;

const MESSAGES = { model: 'claude-opus-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] };
const RESPONSES = { model: 'gpt-5.4', input: 'Hello' };

describeOnEachStoreConfig('a database of version 1 with accounts that log in', (startStore) => {
  let storeOfRun: StoreOfRun;
  let simulator: Simulator;
  let app: TestApp;
  let store: StoreClient;

  const record = {
    id: LOGIN,
    name: 'team login',
    accountType: 'dedicated',
    isActive: 'true',
    email: 'iv:0ff1ce',
    accessToken: 'iv:5ec',
  };
  const RECORDS = ['openai:account', 'claude:account'].map((prefix) => keys.account.record(prefix, LOGIN));

  beforeAll(async () => {
    simulator = await startSimulator();
    storeOfRun = await startStore();
    app = await TestApp.start({ store: storeOfRun.config, relay: { dedicatedFallback: false } });
    store = app.app.get<StoreClient>(STORE_CLIENT);
    await app.account(simulator.url, 'up-claude');
    await app.account(simulator.url, 'up-codex', {}, 'codex');
    for (const key of RECORDS) await store.hset(key, record);
  });

  afterAll(async () => {
    await app.close();
    await storeOfRun.stop();
    await simulator.close();
  });

  /** A key as version 1 has left it. */
  const boundKey = async (field: string, change: object = {}): Promise<{ id: string; key: string }> => {
    const key = await app.key({ ...change });
    await store.hset(keys.apiKey.record(key.id), { [field]: LOGIN });
    return key;
  };
  const send = (path: string, body: object, { key }: { key: string }): Promise<ApiAnswer> =>
    app.call('POST', path, body, { 'x-api-key': key });
  const asked = (): number => simulator.log.length;

  it("refuses the requests of a key that is bound to one, in the client's form, and asks no account", async () => {
    const before = asked();
    const ofCodex = await send('/openai/responses', RESPONSES, await boundKey('openaiAccountId'));
    expect([ofCodex.status, ofCodex.body.error]).toEqual([
      503,
      { message: expect.stringMatching(WORDS), type: 'server_error', param: null, code: 'no_account' },
    ]);
    const ofClaude = await send('/api/v1/messages', MESSAGES, await boundKey('claudeAccountId'));
    expect([ofClaude.status, ofClaude.body.error]).toEqual([
      503,
      { type: 'api_error', message: expect.stringMatching(WORDS) },
    ]);
    expect(asked()).toBe(before);
  });

  it('serves such a key where it is bound to nothing of the kind, and where its fallback allows it', async () => {
    expect((await send('/api/v1/messages', MESSAGES, await boundKey('openaiAccountId'))).status).toBe(200);
    const free = await boundKey('claudeAccountId', { dedicatedAccountFallback: true });
    expect((await send('/api/v1/messages', MESSAGES, free)).status).toBe(200);
  });

  it('explains it', async () => {
    const { id } = await boundKey('openaiAccountId');
    const { status, body } = await app.api('POST', '/scheduler/explain', {
      keyId: id,
      model: 'gpt-5.4',
      platform: 'codex',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      refusal: { code: 'no_account', message: expect.stringMatching(WORDS) },
      accounts: [{ name: 'account up-codex', tier: null, verdict: 'rejected', reasons: ['not_in_pool'] }],
    });
  });

  it('lists them with the keys that are bound to them, to administrators only', async () => {
    expect((await app.call('GET', '/api/v2/accounts/not-served')).status).toBe(401);
    const { body } = await app.api('GET', '/accounts/not-served');
    expect(body.total).toBe(2);
    expect(body.items[1]).toEqual({
      ...{ kind: 'openai', id: LOGIN, name: 'team login', accountType: 'dedicated', isActive: true },
      reason: expect.stringContaining('OAuth'),
      boundKeys: 3,
    });
    expect((await app.api('GET', '/accounts/not-served?offset=1&limit=1')).body).toMatchObject({
      total: 2,
      items: [{ kind: 'openai' }],
    });
    expect((await app.api('GET', '/accounts/not-served?limit=0')).status).toBe(400);
  });

  it('leaves their records as they are', async () => {
    for (const key of RECORDS) expect(await store.hgetall(key)).toEqual(record);
    for (const prefix of ['openai:account', 'claude:account']) {
      expect(await store.exists(keys.account.index(prefix))).toBe(0);
      expect(await store.exists(keys.account.indexEmpty(prefix))).toBe(0);
    }
  });
});
