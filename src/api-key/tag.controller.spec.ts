import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeyApp } from '../../test/support/api-key-app.js';
import type { FieldError } from '../core/http/problem-details.js';

let app: ApiKeyApp;

beforeAll(async () => {
  app = await ApiKeyApp.start();
});

beforeEach(async () => {
  app.clock.ms = Date.parse('2026-11-24T00:00:00.000Z');
  await app.clear();
});

afterAll(() => app.close());

interface TagBody {
  readonly items: readonly { readonly name: string; readonly keys: number }[];
  readonly total: number;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

async function call(method: string, path = '', body?: object): Promise<{ status: number; body: TagBody }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await app.send(method, `/tags${path}`, text);
  return { status: answer.status, body: answer.body as TagBody };
}

const tagsOf = async (id: string) => (await app.call('GET', `/${id}`)).body.tags;

describe('/api/v2/tags', () => {
  it('lists a page of the tags', async () => {
    await app.create({ name: 'a', tags: ['x', 'y'] });
    await app.create({ name: 'b', tags: ['y'] });
    expect((await call('GET')).body).toEqual({
      items: [
        { name: 'x', keys: 1 },
        { name: 'y', keys: 2 },
      ],
      total: 2,
    });
    expect((await call('GET', '?offset=1&limit=1')).body).toEqual({ items: [{ name: 'y', keys: 2 }], total: 2 });
    expect((await call('GET', '?limit=0')).status).toBe(400);
  });

  it('makes a tag', async () => {
    const created = await call('POST', '', { name: ' new ' });
    expect([created.status, created.body]).toEqual([201, { name: 'new', keys: 0 }]);
    const again = await call('POST', '', { name: 'new' });
    expect([again.status, again.body.detail]).toEqual([409, 'There is already a tag "new".']);
  });

  it('renames a tag on all keys, and puts two together when told to', async () => {
    const { id } = await app.create({ name: 'a', tags: ['x', 'y'] });
    const renamed = await call('PUT', '/x', { name: 'z' });
    expect([renamed.status, renamed.body]).toEqual([200, { name: 'z', changedKeys: 1 }]);
    expect(await tagsOf(id)).toEqual(['z', 'y']);
    expect((await call('PUT', '/z', { name: 'y' })).status).toBe(409);
    expect((await call('PUT', '/z', { name: 'y', merge: true })).body).toEqual({ name: 'y', changedKeys: 1 });
    expect(await tagsOf(id)).toEqual(['y']);
  });

  it('takes a tag from all keys', async () => {
    const { id } = await app.create({ name: 'a', tags: ['x', 'y'] });
    const removed = await call('DELETE', '/x');
    expect([removed.status, removed.body]).toEqual([200, { name: 'x', changedKeys: 1 }]);
    expect(await tagsOf(id)).toEqual(['y']);
    expect((await call('DELETE', '/x')).status).toBe(404);
  });

  it.each(['a b', 'a/b', 'a%2Fb', '100%', 'ä?#&', '日'.repeat(50), '%'])(
    'knows the tag %s by its encoded name',
    async (name) => {
      const { id } = await app.create({ name: 'a', tags: [name] });
      const next = `${name.slice(1).trim()}!`;
      const renamed = await call('PUT', `/${encodeURIComponent(name)}`, { name: next });
      expect([renamed.status, renamed.body]).toEqual([200, { name: next, changedKeys: 1 }]);
      expect((await call('DELETE', `/${encodeURIComponent(next)}`)).status).toBe(200);
      expect(await tagsOf(id)).toEqual([]);
    },
  );

  it('is 404 in clear words for a tag that there is not', async () => {
    for (const [method, body] of [['PUT', { name: 'b' }], ['DELETE']] as const) {
      const answer = await call(method, '/none', body);
      expect([answer.status, answer.body.detail]).toEqual([404, 'There is no tag "none".']);
    }
  });

  it.each<[object, string]>([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'x'.repeat(51) }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: 'a', keys: 3 }, 'keys'],
  ])('refuses the tag %j', async (body, field) => {
    await app.create({ name: 'a', tags: ['x'] });
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', '/x'],
    ] as const) {
      const answer = await call(method, path, body);
      expect([answer.status, answer.body.errors.map((error) => error.field)]).toEqual([400, [field]]);
    }
  });

  it('takes merge as true or false alone', async () => {
    await app.create({ name: 'a', tags: ['x'] });
    expect((await call('PUT', '/x', { name: 'y', merge: 'yes' })).status).toBe(400);
  });
});
