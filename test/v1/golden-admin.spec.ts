import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STORE_CLIENT, keys, type StoreClient } from '@crs/store';
import { describeOnGolden } from '../support/golden-app.js';
import { TestApp } from '../support/test-app.js';
import { loadGolden, readMade, V1_SETTINGS } from '../support/v1-golden.js';

const LOGIN = '/api/v2/auth/admin/login';

describeOnGolden('the administrator', (golden) => {
  it('logs in with what he logged in with, and with nothing else', async () => {
    const { username, password } = golden.made.admin;
    const right = await golden.app.call('POST', LOGIN, { username, password });
    expect(right.status).toBe(200);
    const me = await golden.app.call('GET', '/api/v2/auth/me', undefined, {
      authorization: `Bearer ${String(right.body.token)}`,
    });
    expect(me.body).toMatchObject({ username, role: 'admin' });
    expect((await golden.app.call('POST', LOGIN, { username, password: `${password}!` })).status).toBe(401);
  });

  it("is not let in with the token of v1's session", async () => {
    const [session = ''] = golden.keysOf('session:').filter((key) => key !== keys.admin.v1Credentials);
    const authorization = `Bearer ${session.slice('session:'.length)}`;
    expect((await golden.app.call('GET', '/api/v2/keys', undefined, { authorization })).status).toBe(401);
  });
});

describe('the administrator whose record in the store has ended', () => {
  const { admin } = readMade('1.1.162');
  const file = { initializedAt: '2026-11-23T04:05:14.568Z', adminUsername: admin.username, version: '1.0.0' };
  let app: TestApp;

  beforeAll(async () => {
    const { encryptionKey } = V1_SETTINGS;
    const nobody = { username: null, password: null };
    app = await TestApp.start({ encryptionKey, admin: nobody }, [], {
      login: admin,
      prepare: async (store, folder) => {
        await loadGolden(store, '1.1.162');
        await store.del(keys.admin.v1Credentials);
        await writeFile(join(folder, 'init.json'), JSON.stringify({ ...file, adminPassword: admin.password }));
      },
    });
  });
  afterAll(() => app.close());

  it("logs in with what stands in v1's file", async () => {
    expect((await app.api('GET', '/auth/me')).body).toMatchObject({ username: admin.username });
    expect(await app.app.get<StoreClient>(STORE_CLIENT).hget(keys.admin.current, 'username')).toBe(admin.username);
  });
});
