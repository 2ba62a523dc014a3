import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeyApp, refusedFields } from '../../test/support/api-key-app.js';

const UNKNOWN = 'f0000000-0000-4000-8000-000000000000';

let app: ApiKeyApp;

beforeAll(async () => {
  app = await ApiKeyApp.start();
});

beforeEach(async () => {
  app.clock.ms = Date.parse('2026-11-24T00:00:00.000Z');
  await app.clear();
});

afterAll(() => app.close());

const batch = (method: string, body: object) => app.call(method, '/batch', body);

async function createIds(count: number, settings: object = {}): Promise<readonly string[]> {
  const { body } = await batch('POST', { name: 'k', count, ...settings });
  return body.items.map(({ id }) => id);
}

const anyId = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;

describe('POST /api/v2/keys/batch', () => {
  it('makes keys with the same settings, and shows their secrets', async () => {
    const { status, body } = await batch('POST', { name: ' team ', count: 3, tokenLimit: 5, tags: ['t'] });
    expect(status).toBe(201);
    expect(body.total).toBe(3);
    expect(body.items.map(({ name, tokenLimit, tags }) => [name, tokenLimit, tags])).toEqual([
      ['team-1', 5, ['t']],
      ['team-2', 5, ['t']],
      ['team-3', 5, ['t']],
    ]);
    expect(new Set(body.items.map(({ key }) => key)).size).toBe(3);
    expect(body.items.every(({ key }) => /^cr_[0-9a-f]{64}$/.test(key))).toBe(true);
    expect((await app.call('GET')).body.total).toBe(3);
  });

  it('makes 500', async () => {
    expect(new Set(await createIds(500)).size).toBe(500);
    expect((await app.call('GET', '?limit=1')).body.total).toBe(500);
  });

  it.each<[string, unknown]>([
    ['count', 0],
    ['count', 501],
    ['count', 1.5],
    ['count', '3'],
    ['count', null],
    ['count', undefined],
    ['name', undefined],
    ['name', ''],
    ['name', 'x'.repeat(97)],
    ['tokenLimit', -1],
    ['permissions', ['gemini']],
    ['expiresAt', 'soon'],
    ['createdAt', '2020-01-01'],
    ['ids', [UNKNOWN]],
    ['surprise', 1],
  ])('refuses %s = %j and makes none', async (field, value) => {
    const answer = await batch('POST', { name: 'k', count: 2, [field]: value });
    expect(answer.status).toBe(400);
    expect(refusedFields(answer)).toEqual([field]);
    expect((await app.call('GET')).body.total).toBe(0);
  });
});

describe('PUT /api/v2/keys/batch', () => {
  it('changes the given fields of each key, and says how it went with each', async () => {
    const [one = '', deleted = '', other = ''] = await createIds(3, { tags: ['x'], icon: 'i' });
    await app.call('DELETE', `/${deleted}`);
    const ids = [one.toUpperCase(), deleted, UNKNOWN, other];
    const { status, body } = await batch('PUT', {
      ids,
      changes: { dailyCostLimit: 5, icon: null, expiresAt: '2030-01-31', addTags: ['y'], removeTags: ['x'] },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        { id: one, ok: true },
        { id: deleted, ok: false, error: 'The key is deleted. Restore it before changing it.' },
        { id: UNKNOWN, ok: false, error: 'There is no API key with this id.' },
        { id: other, ok: true },
      ],
      total: 4,
      failed: 2,
    });
    for (const id of [one, other]) {
      expect((await app.call('GET', `/${id}`)).body).toMatchObject({
        dailyCostLimit: 5,
        icon: '',
        expiresAt: '2030-01-31T00:00:00.000Z',
        tags: ['y'],
      });
    }
  });

  it.each<[string, object, string[]]>([
    ['no ids', { changes: { icon: 'i' } }, ['ids']],
    ['an empty list', { ids: [], changes: { icon: 'i' } }, ['ids']],
    ['what is no list', { ids: UNKNOWN, changes: { icon: 'i' } }, ['ids']],
    ['what is no id', { ids: ['hash_map'], changes: { icon: 'i' } }, ['ids']],
    ['a number', { ids: [7], changes: { icon: 'i' } }, ['ids']],
    ['an id twice', { ids: [UNKNOWN, UNKNOWN.toUpperCase()], changes: { icon: 'i' } }, ['ids']],
    ['too many', { ids: Array.from({ length: 501 }, (_, n) => anyId(n)), changes: { icon: 'i' } }, ['ids']],
    ['no changes', { ids: [UNKNOWN] }, ['changes']],
    ['changes that are none', { ids: [UNKNOWN], changes: 'icon' }, ['changes']],
    ['a list of changes', { ids: [UNKNOWN], changes: [{ icon: 'i' }] }, ['changes']],
    ['empty changes', { ids: [UNKNOWN], changes: {} }, ['changes']],
    ['a bad setting', { ids: [UNKNOWN], changes: { tokenLimit: -1 } }, ['changes.tokenLimit']],
    ['a field that is read-only', { ids: [UNKNOWN], changes: { createdAt: 'x' } }, ['changes.createdAt']],
    ['an unknown field', { ids: [UNKNOWN], changes: { surprise: 1 } }, ['changes.surprise']],
    ['a name that is none', { ids: [UNKNOWN], changes: { name: null } }, ['changes.name']],
    ['tags that are none', { ids: [UNKNOWN], changes: { addTags: 'a' } }, ['changes.addTags']],
    ['tags set and added', { ids: [UNKNOWN], changes: { tags: [], addTags: ['a'] } }, ['changes.tags']],
    ['an unknown field beside', { ids: [UNKNOWN], changes: { icon: 'i' }, all: true }, ['all']],
  ])('refuses %s as a whole', async (_, body, fields) => {
    const answer = await batch('PUT', body);
    expect(answer.status).toBe(400);
    expect(refusedFields(answer)).toEqual(fields);
  });

  it('takes 500 ids', async () => {
    const { body } = await batch('PUT', {
      ids: Array.from({ length: 500 }, (_, n) => anyId(n)),
      changes: { icon: '' },
    });
    expect(body).toMatchObject({ total: 500, failed: 500 });
  });

  it('says why a field of v1 cannot be set', async () => {
    const { body } = await batch('PUT', { ids: [UNKNOWN], changes: { geminiAccountId: UNKNOWN } });
    expect(body.errors[0]?.message).toContain('accounts of this kind are not served here');
  });
});

describe('DELETE /api/v2/keys/batch', () => {
  it('deletes each key softly, and says how it went with each', async () => {
    const [one = '', other = ''] = await createIds(2);
    const { status, body } = await batch('DELETE', { ids: [one, UNKNOWN, other] });
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        { id: one, ok: true },
        { id: UNKNOWN, ok: false, error: 'There is no API key with this id.' },
        { id: other, ok: true },
      ],
      total: 3,
      failed: 1,
    });
    const { items } = (await app.call('GET', '?deletedOnly=true')).body;
    expect(items.map(({ id, deletedBy }) => [id, deletedBy]).toSorted()).toEqual(
      [one, other].map((id) => [id, 'ada']).toSorted(),
    );
  });

  it('refuses what is no list of ids', async () => {
    expect(refusedFields(await batch('DELETE', {}))).toEqual(['ids']);
    expect(refusedFields(await batch('DELETE', { ids: [UNKNOWN], changes: {} }))).toEqual(['changes']);
  });
});
