import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import {
  keyId,
  type LookupApp,
  NOW,
  otherId,
  SECRET,
  startLookupApp,
  usedInAll,
} from '../../../test/support/lookup-app.js';
import { NO_LIMITS } from '../../../test/support/test-principal.ts';

describeOnEachStore('the public look-ups of one key', (storeOfCase) => {
  let store: StoreClient;
  let app: LookupApp;

  beforeEach(async () => {
    store = storeOfCase();
    app = await startLookupApp(store);
  });

  afterEach(() => app.close());

  describe('get-key-id', () => {
    it('tells the id of a key, also of one that was pasted with blanks around it', async () => {
      expect(await app.ask('get-key-id', { apiKey: ` ${SECRET}\n` })).toMatchObject({
        status: 200,
        body: { success: true, data: { id: keyId } },
      });
    });

    it('tells the reason when there is no such key', async () => {
      expect(await app.ask('get-key-id', { apiKey: `cr_${'0'.repeat(64)}` })).toMatchObject({
        status: 401,
        body: { error: 'Invalid API key', message: 'API key not found.' },
      });
    });

    it.each([
      [{}, 'apiKey is required.'],
      [{ apiKey: ' ' }, 'apiKey is required.'],
      [{ apiKey: 5 }, 'apiKey must be a text.'],
      [{ apiKey: 'cr_short' }, 'apiKey must have 10 to 512 characters.'],
      [{ apiKey: SECRET, apiId: keyId }, 'apiId is not a known field.'],
      ['{"apiKey":', 'The body is not valid JSON'],
    ])('refuses %j in one form', async (body, message) => {
      const answer = await app.ask('get-key-id', body);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({ error: 'Bad Request', message: expect.stringContaining(message) });
    });
  });

  describe('user-stats', () => {
    it('tells everything about a key but its secret', async () => {
      await app.use();
      await store.set(keys.limits.windowStart(keyId), String(NOW - 120_000), 'PX', 480_000);
      await store.set(keys.limits.windowRequests(keyId), '2', 'PX', 480_000);
      await store.set(keys.limits.windowTokens(keyId), '45578', 'PX', 480_000);
      await store.set(keys.limits.windowCost(keyId), '0.1281033', 'PX', 480_000);
      const limits = { ...NO_LIMITS, rateLimitWindow: 10, rateLimitRequests: 5, dailyCostLimit: 20 };
      app.add(SECRET, {
        ...{ id: keyId, name: 'ada', description: 'of ada', limits },
        ...{ permissions: ['claude', 'codex'], bindings: { claudeConsoleAccountId: 'acc' } },
        ...{
          enableModelRestriction: true,
          restrictedModels: ['m'],
          modelRestrictionMode: 'deny',
          serviceRates: { claude: 1 },
        },
        ...{ expiresAt: new Date(NOW + 1), activatedAt: new Date(NOW - 1), activationDays: 3 },
      });
      const cost = expect.closeTo(0.0261698, 9);
      const { status, body } = await app.ask('user-stats', { apiKey: SECRET });
      expect(status).toBe(200);
      expect(body).toEqual({
        success: true,
        data: {
          ...{ id: keyId, name: 'ada', description: 'of ada', isActive: true, createdAt: '2026-11-01T00:00:00.000Z' },
          ...{ expiresAt: '2026-11-23T04:06:00.001Z', expirationMode: 'fixed', isActivated: true },
          ...{ activationDays: 3, activationUnit: 'days', activatedAt: '2026-11-23T04:05:59.999Z' },
          permissions: ['claude', 'openai'],
          usage: { total: { ...usedInAll, cost, formattedCost: '$0.0262' } },
          limits: {
            ...limits,
            ...{ weeklyResetDay: 1, weeklyResetHour: 0 },
            ...{ currentWindowRequests: 2, currentWindowTokens: 45_578, currentWindowCost: 0.1281033 },
            currentDailyCost: expect.closeTo(0.02135055, 9),
            currentTotalCost: cost,
            weeklyOpusCost: expect.closeTo(0.02135055, 9),
            ...{ windowStartTime: NOW - 120_000, windowEndTime: NOW + 480_000, windowRemainingSeconds: 480 },
          },
          accounts: {
            ...{ claudeAccountId: null, claudeConsoleAccountId: 'acc', openaiAccountId: null, geminiAccountId: null },
            ...{ azureOpenaiAccountId: null, bedrockAccountId: null, droidAccountId: null },
          },
          restrictions: {
            ...{ enableModelRestriction: true, restrictedModels: ['m'], modelRestrictionMode: 'deny' },
            ...{ enableClientRestriction: false, allowedClients: [] },
          },
          serviceRates: { claude: 1 },
        },
      });
      expect((await app.ask('user-stats', { apiId: keyId.toUpperCase() })).body).toEqual(body);
    });

    it.each([
      ['no window', 0, { windowStartTime: null, windowEndTime: null, windowRemainingSeconds: null }],
      ['a window that nobody has begun', 10, { windowStartTime: null, windowEndTime: null, windowRemainingSeconds: 0 }],
    ])('says of a key with %s what runs', async (_, rateLimitWindow, times) => {
      app.add(SECRET, { id: keyId, limits: { ...NO_LIMITS, rateLimitWindow } });
      const { body } = await app.ask('user-stats', { apiId: keyId });
      expect(body).toMatchObject({ data: { limits: { currentWindowRequests: 0, ...times } } });
    });

    it('shows a key that waits for its first use', async () => {
      const waiting = { expirationMode: 'activation', isActivated: false, expiresAt: new Date(NOW) } as const;
      app.add(SECRET, { id: keyId, ...waiting });
      expect(await app.ask('user-stats', { apiId: keyId })).toMatchObject({
        status: 200,
        body: { data: { isActivated: false } },
      });
    });

    it('prices what a version without costs counted', async () => {
      await store.hset(keys.usage.total(keyId), { totalTokens: '1000000', totalRequests: '4' });
      const { body } = await app.ask('user-stats', { apiId: keyId });
      expect(body).toMatchObject({
        data: { usage: { total: { requests: 4, inputTokens: 300_000, formattedCost: '$11.40' } } },
      });
    });

    it.each([
      [{ isDeleted: true, isActive: false }, 'is deleted'],
      [{ isActive: false }, 'is disabled'],
      [{ expiresAt: new Date(NOW) }, 'has expired'],
      [{ expiresAt: new Date(NOW), expirationMode: 'activation', isActivated: true }, 'has expired'],
    ] as const)('tells nothing of a key with %j but that it %s', async (change, state) => {
      app.add(SECRET, { id: keyId, name: 'ada', ...change });
      const { status, body } = await app.ask('user-stats', { apiId: keyId });
      expect(status).toBe(403);
      expect(body).toEqual({ error: `API key ${state}`, message: `The API key "ada" ${state}.`, keyName: 'ada' });
    });

    it('knows no key that was never made', async () => {
      const { status, body } = await app.ask('user-stats', { apiId: otherId(1) });
      expect(status).toBe(404);
      expect(body).toEqual({ error: 'API key not found', message: 'There is no API key with this id.' });
    });

    it.each([
      [{}, 'Send apiKey or apiId.'],
      [{ apiKey: '', apiId: null }, 'Send apiKey or apiId.'],
      [{ apiId: '*' }, 'apiId must be a UUID.'],
      [{ apiId: [keyId] }, 'apiId must be a UUID.'],
    ])('refuses %j', async (body, message) => {
      expect(await app.ask('user-stats', body)).toMatchObject({ status: 400, body: { message } });
    });
  });

  describe('user-model-stats', () => {
    const modelsIn = async (body: object): Promise<unknown> =>
      (await app.ask('user-model-stats', { apiId: keyId, ...body })).body;
    const claude = { model: 'claude-sonnet-4-5-20250929', requests: 1, allTokens: 22_789, isLegacy: false };
    const codex = { model: 'gpt-5-codex', requests: 1, allTokens: 3223, isLegacy: false };

    it('tells what was used by model, the most used first', async () => {
      await app.use();
      await expect(modelsIn({ period: 'daily' })).resolves.toMatchObject({ period: 'daily', data: [claude] });
      await expect(modelsIn({ period: 'alltime' })).resolves.toMatchObject({
        period: 'alltime',
        data: [claude, codex],
      });
      await expect(modelsIn({})).resolves.toMatchObject({ success: true, period: 'monthly', data: [claude, codex] });
    });

    it('marks what was counted without a cost', async () => {
      await store.hset(keys.usage.keyModelMonthly(keyId, 'gpt-5', '2026-11'), {
        requests: '1',
        inputTokens: '1000000',
      });
      await store.sadd(keys.usage.keyModels(keyId), 'gpt-5');
      const row = { model: 'gpt-5', isLegacy: true, costs: { real: 1.25, rated: 1.25 } };
      await expect(modelsIn({})).resolves.toMatchObject({ data: [row] });
      await expect(modelsIn({ period: 'alltime' })).resolves.toMatchObject({ data: [row] });
      await expect(modelsIn({ period: 'daily' })).resolves.toMatchObject({ data: [] });
    });

    it('never walks the store, whatever is asked of a key that was never searched', async () => {
      await store.hset(keys.usage.keyModelTotal(keyId, 'unindexed'), { requests: '1', inputTokens: '5' });
      const scan = jest.spyOn(store, 'scan');
      await app.ask('user-stats', { apiId: keyId });
      await app.ask('batch-stats', { apiIds: [keyId] });
      await app.ask('batch-model-stats', { apiIds: [keyId] });
      await expect(modelsIn({ period: 'alltime' })).resolves.toMatchObject({ data: [] });
      expect(scan).not.toHaveBeenCalled();
      expect(await store.get(keys.usage.keyModelsSearched(keyId))).toBeNull();
    });

    it('refuses another period', async () => {
      await expect(modelsIn({ period: 'toString' })).resolves.toEqual({
        error: 'Bad Request',
        message: 'period must be one of daily, monthly, alltime.',
      });
    });
  });
});
