import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { ApiKeyApp, refusedFields } from '../../test/support/api-key-app.js';

const TODAY = '2026-11-24';

let app: ApiKeyApp;
const ids = new Map<string, string>();

beforeAll(async () => {
  app = await ApiKeyApp.start();
});

beforeEach(async () => {
  app.clock.ms = Date.parse(`${TODAY}T00:00:00.000Z`);
  await app.clear();
  for (const settings of [
    { name: 'Alpha', permissions: ['claude'], tags: ['team a/b', 'ci'] },
    { name: 'beta', permissions: ['codex'], isActive: false, tags: ['ci'] },
    { name: 'gamma', tags: ['old'] },
  ]) {
    app.clock.ms += 1;
    const { id } = await app.create(settings);
    ids.set(settings.name, id);
  }
  await app.call('DELETE', `/${ids.get('gamma') ?? ''}`);
  await app.store.zadd(keys.apiKey.byLastUsedAt, 5_000, ids.get('Alpha') ?? '');
  await spend('Alpha', '0.5');
  await spend('beta', '12');
});

afterAll(() => app.close());

async function spend(name: string, usd: string): Promise<void> {
  const id = ids.get(name) ?? '';
  await app.store.set(keys.usage.costTotal(id), usd);
  await app.store.set(keys.usage.costDaily(id, TODAY), usd);
  await app.store.set(keys.usage.costMonthly(id, TODAY.slice(0, 7)), usd);
}

describe('GET /api/v2/keys', () => {
  it.each([
    ['', ['beta', 'Alpha'], 2],
    ['?includeDeleted=true', ['gamma', 'beta', 'Alpha'], 3],
    ['?deletedOnly=true', ['gamma'], 1],
    ['?deletedOnly=true&includeDeleted=false', ['gamma'], 1],
    ['?isActive=true', ['Alpha'], 1],
    ['?isActive=false', ['beta'], 1],
    ['?permissions=claude', ['Alpha'], 1],
    ['?permissions=codex&includeDeleted=true', ['gamma', 'beta'], 2],
    ['?search=ALPH', ['Alpha'], 1],
    ['?tag=ci', ['beta', 'Alpha'], 2],
    ['?tag=team%20a%2Fb', ['Alpha'], 1],
    ['?tag=old', [], 0],
    ['?tag=none', [], 0],
    ['?offset=1&limit=1&includeDeleted=true', ['beta'], 3],
    ['?sort=createdAt&order=asc', ['Alpha', 'beta'], 2],
    ['?sort=name&order=asc&includeDeleted=true', ['Alpha', 'beta', 'gamma'], 3],
    ['?sort=name', ['beta', 'Alpha'], 2],
    ['?sort=lastUsedAt', ['Alpha', 'beta'], 2],
    ['?sort=cost', ['beta', 'Alpha'], 2],
    ['?sort=costToday&order=asc', ['Alpha', 'beta'], 2],
    ['?sort=costMonth&order=desc&search=a&limit=1', ['beta'], 2],
  ])('%s gives %j', async (query, names, total) => {
    const { status, body } = await app.call('GET', query);
    expect(status).toBe(200);
    expect(body.items.map((item) => item.name)).toEqual(names);
    expect(body.total).toBe(total);
    expect(JSON.stringify(body)).not.toMatch(/"(?:key|apiKey|secretHash)"/);
  });

  it.each([
    ...['limit=0', 'limit=201', 'offset=-1', 'offset=x', 'isActive=1', 'permissions=gemini', 'sort=price'],
    ...['order=up', 'deletedOnly=yes', 'tag=a&tag=b', `tag=${'x'.repeat(201)}`, `search=${'x'.repeat(101)}`, 'page=2'],
  ])('refuses ?%s by its name', async (query) => {
    const answer = await app.call('GET', `?${query}`);
    expect(answer.status).toBe(400);
    expect(refusedFields(answer)).toEqual([query.split('=')[0]]);
  });
});
