import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { keys, openSqliteStore, type StoreClient } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { type Answer, call, sendJson } from '../../test/support/http-fixture.js';
import { testConfig } from '../../test/support/test-config.js';
import { AuthModule } from './auth.module.js';

const V1_RECORD = {
  username: 'cr_admin_0a1b2c3d',
  passwordHash: hashSync('v1 password', 4),
  createdAt: '2026-01-02T03:04:05.678Z',
  lastLogin: '',
  updatedAt: '2026-01-02T03:04:05.678Z',
};
const V1_FILE = JSON.stringify({
  initializedAt: '2026-01-02T03:04:05.678Z',
  adminUsername: 'cr_admin_ffffffff',
  adminPassword: 'file password',
  version: '1.0.0',
});

describe('an administrator that v1 left', () => {
  let dataDir: string;
  let store: StoreClient;
  let server: HttpApp | undefined;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'crs-auth-'));
    store = openSqliteStore(':memory:');
  });

  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(dataDir, { recursive: true });
  });

  const start = async (): Promise<HttpApp> => {
    server = await startHttpApp({ imports: [AuthModule], store, config: testConfig({ dataDir }) });
    return server;
  };
  const login = ({ url }: HttpApp, username: string, password: string): Promise<Answer> =>
    sendJson(`${url}/api/v2/auth/admin/login`, 'POST', { username, password });

  it.each<[string, () => Promise<unknown>, string, string]>([
    ['store', () => store.hset(keys.admin.v1Credentials, V1_RECORD), V1_RECORD.username, 'v1 password'],
    [
      'file',
      async () => {
        writeFileSync(join(dataDir, 'init.json'), V1_FILE);
      },
      'cr_admin_ffffffff',
      'file password',
    ],
  ])('in its %s can log in, and becomes ours with a new password', async (_, leave, username, password) => {
    await leave();
    const app = await start();
    expect((await login(app, username, 'wrong')).status).toBe(401);
    expect((await login(app, 'nobody', password)).status).toBe(401);
    expect(await store.exists(keys.admin.current)).toBe(0);
    const mine = { authorization: `Bearer ${String((await login(app, username, password)).body['token'])}` };
    const other = { authorization: `Bearer ${String((await login(app, username, password)).body['token'])}` };
    const me = (headers: Record<string, string>): Promise<Answer> =>
      call(`${app.url}/api/v2/auth/me`, 'GET', { headers });
    expect((await me(mine)).body).toEqual({ username, role: 'admin' });

    const change = { currentPassword: password, newPassword: 'our password' };
    expect((await sendJson(`${app.url}/api/v2/auth/change-password`, 'POST', change, mine)).status).toBe(200);
    expect([(await me(mine)).status, (await me(other)).status]).toEqual([200, 401]);
    expect((await login(app, username, password)).status).toBe(401);
    expect((await login(app, username, 'our password')).status).toBe(200);
    expect(await store.hget(keys.admin.current, 'username')).toBe(username);
  });

  it('is read and never written', async () => {
    await store.hset(keys.admin.v1Credentials, V1_RECORD);
    writeFileSync(join(dataDir, 'init.json'), V1_FILE);
    const app = await start();
    const { body } = await login(app, V1_RECORD.username, 'v1 password');
    const change = { currentPassword: 'v1 password', newPassword: 'our password' };
    await sendJson(`${app.url}/api/v2/auth/change-password`, 'POST', change, {
      authorization: `Bearer ${String(body['token'])}`,
    });
    expect(await store.hgetall(keys.admin.v1Credentials)).toEqual(V1_RECORD);
    expect(readFileSync(join(dataDir, 'init.json'), 'utf8')).toBe(V1_FILE);
    expect(await store.hget(keys.admin.current, 'createdAt')).toBe(V1_RECORD.createdAt);
  });

  it('is ours from the first login on, also when the record of v1 ends', async () => {
    await store.hset(keys.admin.v1Credentials, V1_RECORD);
    const app = await start();
    const { body } = await login(app, V1_RECORD.username, 'v1 password');
    expect(await store.hgetall(keys.admin.current)).toMatchObject({
      username: V1_RECORD.username,
      passwordHash: expect.stringMatching(/^\$argon2id\$/),
      createdAt: V1_RECORD.createdAt,
    });
    await store.del(keys.admin.v1Credentials);
    const headers = { authorization: `Bearer ${String(body['token'])}` };
    expect((await call(`${app.url}/api/v2/auth/me`, 'GET', { headers })).status).toBe(200);
    expect((await login(app, V1_RECORD.username, 'v1 password')).status).toBe(200);
  });

  it('is taken over once by logins at the same time, which all hold', async () => {
    await store.hset(keys.admin.v1Credentials, V1_RECORD);
    const app = await start();
    const answers = await Promise.all([1, 2, 3].map(() => login(app, V1_RECORD.username, 'v1 password')));
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      const headers = { authorization: `Bearer ${String(body['token'])}` };
      expect((await call(`${app.url}/api/v2/auth/me`, 'GET', { headers })).status).toBe(200);
    }
  });
});
