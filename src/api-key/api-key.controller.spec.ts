import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { ApiKeyApp, withoutSecret } from '../../test/support/api-key-app.js';
import { DEFAULT_SETTINGS } from './api-key-record.js';

const ACCOUNT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const GROUP = 'group:0f8fad5b-d9cb-469f-a165-70867728950e';
const CODEX_GROUP = 'group:0f8fad5b-d9cb-469f-a165-70867728950f';
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

describe('POST /api/v2/keys', () => {
  it('answers the key with all its fields and, this once, its secret', async () => {
    const { status, body } = await app.call('POST', '', { name: ' web-team ' });
    expect(status).toBe(201);
    expect(body).toEqual({
      ...DEFAULT_SETTINGS,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      key: expect.stringMatching(/^cr_[0-9a-f]{64}$/),
      name: 'web-team',
      claudeAccountId: null,
      claudeConsoleAccountId: null,
      codexAccountId: null,
      openaiAccountId: null,
      geminiAccountId: null,
      azureOpenaiAccountId: null,
      bedrockAccountId: null,
      droidAccountId: null,
      isActivated: true,
      activatedAt: '2026-11-24T00:00:00.000Z',
      createdAt: '2026-11-24T00:00:00.000Z',
      createdBy: 'admin',
      updatedAt: null,
      lastUsedAt: null,
      userId: null,
      userUsername: null,
      isDeleted: false,
      deletedAt: null,
      deletedBy: null,
      deletedByType: null,
      restoredAt: null,
      restoredBy: null,
      restoredByType: null,
    });
    const shown = withoutSecret(body);
    expect((await app.call('GET', `/${body.id}`)).body).toEqual(shown);
    const stored = await app.stored(body.id);
    expect(JSON.stringify([shown, stored])).not.toContain(body.key);
    expect(JSON.stringify(body)).not.toContain(stored['apiKey']);
  });

  it('keeps every field that may be set, for good', async () => {
    const settings = {
      name: 'full',
      description: 'only claude',
      tokenLimit: 100_000,
      concurrencyLimit: 3,
      rateLimitWindow: 10,
      rateLimitRequests: 5,
      rateLimitCost: 1.5,
      isActive: false,
      claudeConsoleAccountId: ACCOUNT,
      codexAccountId: ACCOUNT,
      permissions: ['claude', 'codex'],
      enableModelRestriction: true,
      restrictedModels: ['claude-a'],
      modelRestrictionMode: 'deny',
      enableClientRestriction: true,
      allowedClients: ['claude_code', 'codex_cli'],
      dailyCostLimit: 20,
      totalCostLimit: 500,
      weeklyOpusCostLimit: 50,
      tags: ['team-a', 'ci'],
      activationDays: 7,
      activationUnit: 'hours',
      expirationMode: 'fixed',
      expiresAt: '2030-01-31T00:00:00.000Z',
      icon: 'rocket',
      serviceRates: { claude: 1.5, codex: 0 },
      weeklyResetDay: 7,
      weeklyResetHour: 23,
      dedicatedAccountFallback: true,
      enableOpenAIResponsesCodexAdaptation: false,
      enableOpenAIResponsesPayloadRules: true,
      openaiResponsesPayloadRules: [
        { path: 'a.b', valueType: 'json', value: { deep: [1, null, { x: 'y' }] } },
        { path: 'store', valueType: 'boolean', value: false },
      ],
    };
    await app.addTargets(settings);
    const { id } = await app.create(settings);
    expect((await app.call('GET', `/${id}`)).body).toMatchObject(settings);
    expect(await app.stored(id)).toMatchObject({
      openaiAccountId: `responses:${ACCOUNT}`,
      permissions: '["claude","openai"]',
    });
  });

  it.each([
    ['all', []],
    ['claude', ['claude']],
    ['codex', ['codex']],
    [[], []],
    [
      ['claude', 'claude', ' codex '],
      ['claude', 'codex'],
    ],
  ])('reads the permissions %j as %j', async (permissions, expected) => {
    expect((await app.create({ name: 'a', permissions })).permissions).toEqual(expected);
  });

  it('binds a key to groups, which are answered where v1 keeps them', async () => {
    await app.addTargets({ claudeAccountId: GROUP });
    await app.store.hset(keys.group.record(CODEX_GROUP.slice(6)), { platform: 'openai' });
    const byAccountField = await app.create({ name: 'a', claudeConsoleAccountId: GROUP, codexAccountId: CODEX_GROUP });
    expect(byAccountField).toMatchObject({
      claudeAccountId: GROUP,
      claudeConsoleAccountId: null,
      codexAccountId: CODEX_GROUP,
    });
    expect(await app.create({ name: 'a', claudeAccountId: GROUP.toUpperCase() })).toMatchObject({
      claudeAccountId: GROUP,
    });
  });

  it('waits for the first use in activation mode', async () => {
    const key = await app.create({
      name: 'a',
      expirationMode: 'activation',
      activationDays: 12,
      activationUnit: 'hours',
    });
    expect(key).toMatchObject({ isActivated: false, activatedAt: null, expiresAt: null });
  });

  it('takes a date for the midnight it begins with', async () => {
    expect((await app.create({ name: 'a', expiresAt: '2030-01-31' })).expiresAt).toBe('2030-01-31T00:00:00.000Z');
  });
});

describe('one key', () => {
  it('is changed in the given fields alone, null putting them back', async () => {
    const before = withoutSecret(
      await app.create({
        name: 'a',
        tokenLimit: 5,
        tags: ['t'],
        claudeConsoleAccountId: ACCOUNT,
      }),
    );
    app.clock.ms += 1000;
    const { status, body } = await app.call('PUT', `/${before.id}`, {
      tokenLimit: null,
      name: 'b',
      claudeConsoleAccountId: null,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      name: 'b',
      tokenLimit: 0,
      claudeConsoleAccountId: null,
      updatedAt: '2026-11-24T00:00:01.000Z',
    });
  });

  it('gets another end, and none', async () => {
    const { id } = await app.create({ name: 'a', expiresAt: '2030-01-31' });
    const later = await app.call('PUT', `/${id}`, { expiresAt: '2031-01-31T12:00:00+08:00' });
    expect(later.body.expiresAt).toBe('2031-01-31T04:00:00.000Z');
    expect((await app.call('PUT', `/${id}`, { expiresAt: null })).body.expiresAt).toBeNull();
  });

  it('takes back what v1 left in its permissions', async () => {
    const { id } = await app.create({ name: 'a' });
    await app.write(id, { permissions: '["gemini","openai"]' });
    const shown = (await app.call('GET', `/${id}`)).body;
    expect(shown.permissions).toEqual(['gemini', 'codex']);
    const { body } = await app.call('PUT', `/${id}`, { permissions: [...shown.permissions, 'claude'] });
    expect(body.permissions).toEqual(['gemini', 'codex', 'claude']);
    expect(await app.stored(id)).toMatchObject({ permissions: '["gemini","openai","claude"]' });
  });

  it('is deleted softly, and restored', async () => {
    const before = withoutSecret(await app.create({ name: 'a' }));
    const deleted = await app.call('DELETE', `/${before.id}`);
    expect(deleted.status).toBe(200);
    expect(deleted.body).toEqual({
      ...before,
      isActive: false,
      isDeleted: true,
      deletedAt: '2026-11-24T00:00:00.000Z',
      deletedBy: 'ada',
      deletedByType: 'admin',
    });
    expect((await app.call('PUT', `/${before.id}`, { name: 'b' })).status).toBe(409);
    const restored = await app.call('POST', `/${before.id}/restore`);
    expect(restored.status).toBe(200);
    expect(restored.body).toEqual({
      ...before,
      restoredAt: '2026-11-24T00:00:00.000Z',
      restoredBy: 'ada',
      restoredByType: 'admin',
    });
    expect((await app.call('POST', `/${before.id}/restore`)).status).toBe(409);
  });

  it.each([UNKNOWN, 'nonsense', '..%2fhash_map'])('is 404 in clear words when it is %s', async (id) => {
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/restore'],
      ['POST', '/regenerate'],
      ['DELETE', '/permanent'],
    ] as const) {
      const { status, body } = await app.call(method, `/${id}${path}`, method === 'PUT' ? {} : undefined);
      expect([status, body.detail]).toEqual([404, 'There is no API key with this id.']);
    }
  });
});

describe('the document', () => {
  it('shows every field of the answers, and of what may be sent', async () => {
    const { ApiKeyDto: answer, CreateApiKeyDto: sent } = await app.schemas();
    const shown = withoutSecret(await app.create({ name: 'a' }));
    expect(Object.keys(answer?.properties ?? {}).sort()).toEqual(Object.keys(shown).sort());
    expect(sent?.required).toEqual(['name']);
    const names = Object.keys(sent?.properties ?? {});
    expect(names).toEqual(expect.arrayContaining([...Object.keys(DEFAULT_SETTINGS), 'claudeConsoleAccountId']));
    expect(names).not.toContain('geminiAccountId');
  });
});
