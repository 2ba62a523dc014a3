import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { ApiKeyApp, withoutSecret } from '../../test/support/api-key-app.js';

let app: ApiKeyApp;

beforeAll(async () => {
  app = await ApiKeyApp.start();
});

beforeEach(async () => {
  app.clock.ms = Date.parse('2026-11-24T00:00:00.000Z');
  await app.clear();
});

afterAll(() => app.close());

describe('POST /api/v2/keys/:id/regenerate', () => {
  it('answers like a creation, with a new secret', async () => {
    const { key: old, ...before } = await app.create({ name: 'a', tags: ['t'], isActive: false });
    app.clock.ms += 1000;
    const { status, body } = await app.call('POST', `/${before.id}/regenerate`);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      key: expect.stringMatching(/^cr_[0-9a-f]{64}$/),
      updatedAt: '2026-11-24T00:00:01.000Z',
    });
    expect(body.key).not.toBe(old);
    expect((await app.call('GET', `/${before.id}`)).body).toEqual(withoutSecret(body));
    expect(await app.store.hgetall(keys.apiKey.hashMap)).toEqual({
      [(await app.stored(before.id))['apiKey'] ?? '']: before.id,
    });
  });

  it('is refused for a deleted key', async () => {
    const { id } = await app.create({ name: 'a' });
    await app.call('DELETE', `/${id}`);
    const { status, body } = await app.call('POST', `/${id}/regenerate`);
    expect([status, body.detail]).toEqual([409, 'The key is deleted. Restore it before giving it a new secret.']);
  });
});

describe('removal for good', () => {
  it('is for deleted keys, and answers the key as it was', async () => {
    const { id } = await app.create({ name: 'a', tags: ['t'] });
    const refused = await app.call('DELETE', `/${id}/permanent`);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('Delete it first');
    const { body: deleted } = await app.call('DELETE', `/${id}`);
    const { status, body } = await app.call('DELETE', `/${id}/permanent`);
    expect([status, body]).toEqual([200, deleted]);
    expect((await app.call('GET', `/${id}`)).status).toBe(404);
    expect((await app.call('POST', `/${id}/restore`)).status).toBe(404);
    expect((await app.call('DELETE', `/${id}/permanent`)).status).toBe(404);
  });

  it('can be asked of all deleted keys', async () => {
    const kept = await app.create({ name: 'kept' });
    for (const name of ['a', 'b']) {
      const { id } = await app.create({ name });
      await app.call('DELETE', `/${id}`);
    }
    const { status, body } = await app.send('DELETE', '/keys/deleted');
    expect([status, body]).toEqual([200, { deleted: 2 }]);
    expect((await app.call('GET', '?includeDeleted=true')).body.items.map(({ id }) => id)).toEqual([kept.id]);
    expect((await app.send('DELETE', '/keys/deleted')).body).toEqual({ deleted: 0 });
  });
});
