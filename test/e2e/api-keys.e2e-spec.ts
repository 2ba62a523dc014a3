import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.ts';

const MODELS = '/api/v1/models';
const WRONG = `cr_${'0'.repeat(64)}`;

/** What this file looks at in an answer. */
interface Body {
  readonly total: number;
  readonly type: string;
  readonly error: { readonly type: string; readonly message: string };
}

describe('a client key', () => {
  let folder: string;
  let app: TestApp;
  const start = () => TestApp.start({ dataDir: folder, store: { kind: 'embedded', file: join(folder, 'store.db') } });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crs-keys-'));
    app = await start();
  });

  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const api = async (method: string, path: string, body?: unknown): Promise<Body> =>
    (await app.api(method, path, body)).body as Body;

  const refusalOf = async (key: string): Promise<Body['error']> => {
    const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
    return ((await app.call('GET', MODELS, undefined, headers)).body as Body).error;
  };

  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    (await app.call('GET', MODELS, undefined, headers)).status;

  it('is made by an administrator alone', async () => {
    const refused = await app.call('POST', '/api/v2/keys', { name: 'mine' });
    expect(refused.status).toBe(401);
    expect(refused.body).toMatchObject({ type: 'about:blank', status: 401 });
    expect((await api('GET', '/keys')).total).toBe(0);
  });

  it('opens client routes, by any of its headers, until it is deleted, and again when it is restored', async () => {
    const { id, key } = await app.key({ name: 'team' });
    expect(await statusOf({ 'x-api-key': key })).toBe(200);
    expect(await statusOf({ 'x-goog-api-key': key })).toBe(200);
    expect(await statusOf({ authorization: `Bearer ${key}` })).toBe(200);
    expect(await statusOf({ 'api-key': key })).toBe(200);
    expect(await statusOf({ 'x-api-key': 'sk-ant-another-key', authorization: `Bearer ${key}` })).toBe(200);
    expect(await statusOf({ 'x-api-key': WRONG, authorization: `Bearer ${key}` })).toBe(401);
    expect((await app.call('GET', `${MODELS}?key=${key}`)).status).toBe(401);

    expect(await api('DELETE', `/keys/${id}`)).toMatchObject({
      isDeleted: true,
      deletedBy: 'admin',
      deletedByType: 'admin',
    });
    expect(await statusOf({ 'x-api-key': key })).toBe(401);

    expect((await app.api('POST', `/keys/${id}/restore`)).status).toBe(200);
    expect(await statusOf({ 'x-api-key': key })).toBe(200);
  });

  it('says in the words of the protocol why it does not work', async () => {
    const { id, key } = await app.key({ name: 'off' });
    await app.api('PUT', `/keys/${id}`, { isActive: false });
    expect(await refusalOf(key)).toEqual({ type: 'authentication_error', message: 'API key is disabled.' });

    await app.api('PUT', `/keys/${id}`, { isActive: true, expiresAt: '2020-01-02' });
    expect((await refusalOf(key)).message).toBe('API key has expired.');
  });

  it('survives a restart', async () => {
    const { id, key } = await app.key({ name: 'lasting', tags: ['ci'], modelRestrictionMode: 'deny' });
    const before = await api('GET', `/keys/${id}`);
    await app.close();
    app = await start();
    expect(await api('GET', `/keys/${id}`)).toEqual(before);
    expect(await statusOf({ 'x-api-key': key })).toBe(200);
  });
});
