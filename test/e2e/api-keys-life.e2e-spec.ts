import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeOnEachStoreConfig, type StoreOfRun } from '../support/each-store-config.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const MODELS = '/api/v1/models';
const QUESTION = { model: 'claude-opus-5-5', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] };
const HOUR_MS = 3_600_000;

/** What this file looks at in an answer. */
interface Body {
  readonly id: string;
  readonly key: string;
  readonly items: readonly { readonly id: string; readonly key: string; readonly name: string; readonly ok: boolean }[];
  readonly total: number;
  readonly failed: number;
  readonly deleted: number;
  readonly changedKeys: number;
  readonly isActivated: boolean;
  readonly activatedAt: string;
  readonly expiresAt: string;
}

describeOnEachStoreConfig('the life of a key', (startStore) => {
  let store: StoreOfRun;
  let simulator: Simulator;
  let app: TestApp;

  beforeAll(async () => {
    simulator = await startSimulator();
    store = await startStore();
    app = await TestApp.start({ store: store.config });
    await app.account(simulator.url, 'up-a');
  });

  afterAll(async () => {
    await app.close();
    await store.stop();
    await simulator.close();
  });

  async function api(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await app.api(method, path, body);
    if (answer.status >= 400) throw new Error(JSON.stringify(answer.body));
    return answer.body as Body;
  }

  /** The status of a look at the models, which needs no more than a key that works. */
  const look = async (key: string): Promise<number> =>
    (await app.call('GET', MODELS, undefined, { 'x-api-key': key })).status;

  const ask = async (key: string): Promise<number> =>
    (await app.call('POST', '/api/v1/messages', QUESTION, { 'x-api-key': key, 'anthropic-version': '2023-06-01' }))
      .status;

  it('begins with the first request in activation mode, not with a look at the models', async () => {
    const { id, key } = await app.key({ expirationMode: 'activation', activationDays: 2, activationUnit: 'hours' });
    expect(await look(key)).toBe(200);
    expect((await api('GET', `/keys/${id}`)).isActivated).toBe(false);
    expect(await ask(key)).toBe(200);
    const { isActivated, activatedAt, expiresAt } = await api('GET', `/keys/${id}`);
    expect(isActivated).toBe(true);
    expect(Date.parse(expiresAt) - Date.parse(activatedAt)).toBe(2 * HOUR_MS);
    await api('PUT', `/keys/${id}`, { expiresAt: '2020-01-01' });
    expect(await ask(key)).toBe(401);
    await api('PUT', `/keys/${id}`, { expiresAt: null });
    expect(await ask(key)).toBe(200);
  });

  it('goes on under a new secret, and the old one is refused at once', async () => {
    const { id, key } = await app.key();
    const { key: next } = await api('POST', `/keys/${id}/regenerate`);
    expect([await look(key), await look(next)]).toEqual([401, 200]);
    await api('DELETE', `/keys/${id}`);
    expect(await look(next)).toBe(401);
    await api('POST', `/keys/${id}/restore`);
    expect([await look(key), await look(next)]).toEqual([401, 200]);
  });

  it('ends for good, but only once it was deleted', async () => {
    const { id, key } = await app.key({ rateLimitWindow: 60, rateLimitRequests: 100, dailyCostLimit: 50 });
    expect(await ask(key)).toBe(200);
    expect((await app.api('DELETE', `/keys/${id}/permanent`)).status).toBe(409);
    await api('DELETE', `/keys/${id}`);
    expect((await api('DELETE', `/keys/${id}/permanent`)).id).toBe(id);
    expect(await look(key)).toBe(401);
    expect((await app.api('GET', `/keys/${id}`)).status).toBe(404);
    expect((await app.api('POST', `/keys/${id}/restore`)).status).toBe(404);
  });

  it('is led in batches', async () => {
    const { items } = await api('POST', '/keys/batch', { name: 'team', count: 3, tags: ['trial'] });
    expect(await Promise.all(items.map(({ key }) => look(key)))).toEqual([200, 200, 200]);
    const ids = items.map(({ id }) => id);
    expect(await api('PUT', '/keys/batch', { ids, changes: { isActive: false } })).toMatchObject({ failed: 0 });
    expect(await look(items[0]?.key ?? '')).toBe(401);
    expect(await api('PUT', '/tags/trial', { name: 'team' })).toEqual({ name: 'team', changedKeys: 3 });
    const found = await api('GET', '/keys?tag=team&sort=name&order=asc');
    expect(found.items.map(({ name }) => name)).toEqual(['team-1', 'team-2', 'team-3']);
    expect(await api('DELETE', '/keys/batch', { ids })).toMatchObject({ total: 3, failed: 0 });
    expect(await api('DELETE', '/keys/deleted')).toEqual({ deleted: 3 });
  });

  it('orders keys by what they have really cost', async () => {
    const [little, much] = [await app.key({ name: 'little', tags: ['paid'] }), await app.key({ tags: ['paid'] })];
    const unused = await app.key({ tags: ['paid'] });
    await ask(little.key);
    for (let n = 0; n < 3; n += 1) await ask(much.key);
    await app.flushed();
    for (const sort of ['cost', 'costToday', 'costMonth']) {
      const { items } = await api('GET', `/keys?tag=paid&sort=${sort}`);
      expect(items.map(({ id }) => id)).toEqual([much.id, little.id, unused.id]);
    }
    const used = await api('GET', '/keys?tag=paid&sort=lastUsedAt');
    expect(used.items.map(({ id }) => id)).toEqual([much.id, little.id, unused.id]);
  });
});
