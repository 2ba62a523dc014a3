import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keys } from '@crs/store';
import { anyApiKey } from '../../test/support/any-api-key.js';
import { anyKeySettings, type KeySettings } from '../../test/support/any-key-settings.js';
import { ApiKeyApp, withoutSecret } from '../../test/support/api-key-app.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { encodeApiKey } from './api-key.codec.js';

const NOW = '2026-11-24T00:00:00.000Z';

/** How v1 stores what was sent, field by field, said without the code under test. */
function v1TextsOf(settings: KeySettings): Record<string, string> {
  const denies = settings.modelRestrictionMode === 'deny';
  const claude = settings.claudeConsoleAccountId ?? '';
  const toGroup = claude.startsWith('group:');
  const { codexAccountId } = settings;
  return {
    description: settings.description,
    icon: settings.icon,
    tags: JSON.stringify(settings.tags),
    isActive: settings.isActive ? 'true' : 'false',
    permissions: JSON.stringify(settings.permissions).replace('"codex"', '"openai"'),
    tokenLimit: String(settings.tokenLimit),
    concurrencyLimit: String(settings.concurrencyLimit),
    rateLimitWindow: String(settings.rateLimitWindow),
    rateLimitRequests: String(settings.rateLimitRequests),
    rateLimitCost: String(settings.rateLimitCost),
    dailyCostLimit: String(settings.dailyCostLimit),
    totalCostLimit: String(settings.totalCostLimit),
    weeklyOpusCostLimit: String(settings.weeklyOpusCostLimit),
    weeklyResetDay: String(settings.weeklyResetDay),
    weeklyResetHour: String(settings.weeklyResetHour),
    enableModelRestriction: denies && settings.enableModelRestriction ? 'true' : 'false',
    restrictedModels: denies ? JSON.stringify(settings.restrictedModels) : '[]',
    enableClientRestriction: settings.enableClientRestriction ? 'true' : 'false',
    allowedClients: JSON.stringify(settings.allowedClients),
    claudeAccountId: toGroup ? claude : '',
    claudeConsoleAccountId: toGroup ? '' : claude,
    openaiAccountId:
      codexAccountId?.startsWith('group:') === false ? `responses:${codexAccountId}` : (codexAccountId ?? ''),
    expirationMode: settings.expirationMode,
    activationDays: String(settings.activationDays),
    activationUnit: settings.activationUnit,
    expiresAt: settings.expiresAt ?? '',
    isActivated: settings.expirationMode === 'fixed' ? 'true' : 'false',
    serviceRates: JSON.stringify(settings.serviceRates),
    enableOpenAIResponsesCodexAdaptation: settings.enableOpenAIResponsesCodexAdaptation ? 'true' : 'false',
    enableOpenAIResponsesPayloadRules: settings.enableOpenAIResponsesPayloadRules ? 'true' : 'false',
    openaiResponsesPayloadRules: JSON.stringify(settings.openaiResponsesPayloadRules),
  };
}

/** What v1 does not know, beside its hash. */
function extraOf(settings: KeySettings): Record<string, string> {
  const { modelRestrictionMode, dedicatedAccountFallback } = settings;
  return {
    modelRestrictionMode,
    ...(modelRestrictionMode === 'allow' && {
      enableModelRestriction: settings.enableModelRestriction ? 'true' : 'false',
      allowedModels: JSON.stringify(settings.restrictedModels),
    }),
    ...(dedicatedAccountFallback !== null && {
      dedicatedAccountFallback: dedicatedAccountFallback ? 'true' : 'false',
    }),
  };
}

/** The settings as they are answered: a group binding stands where v1 keeps it. */
function shownOf(settings: KeySettings): object {
  const { claudeConsoleAccountId } = settings;
  if (claudeConsoleAccountId?.startsWith('group:') !== true) return settings;
  return { ...settings, claudeAccountId: claudeConsoleAccountId, claudeConsoleAccountId: null };
}

describeOnEachStore('a key with any settings', (store) => {
  let app: ApiKeyApp;

  beforeEach(async () => {
    app = await ApiKeyApp.start(store());
    app.clock.ms = Date.parse(NOW);
  });

  afterEach(() => app.close());

  async function expectStored(id: string, settings: KeySettings): Promise<void> {
    expect((await app.call('GET', `/${id}`)).body).toMatchObject(shownOf(settings));
    expect(await app.stored(id)).toMatchObject(v1TextsOf(settings));
    expect(await app.store.hgetall(keys.apiKey.extra(id))).toEqual(extraOf(settings));
  }

  it('keeps them from the request through the store to the answer, at creation and at a change', async () => {
    await fc.assert(
      fc.asyncProperty(anyKeySettings(), anyKeySettings(), async (first, second) => {
        await app.addTargets(first);
        const { status, body } = await app.call('POST', '', { name: 'a', ...first });
        expect(status).toBe(201);
        await expectStored(body.id, first);
        await app.addTargets(second);
        const changed = await app.call('PUT', `/${body.id}`, second);
        expect(changed.status).toBe(200);
        await expectStored(body.id, second);
      }),
      { numRuns: 40 },
    );
  });

  it('takes back what it has answered, the refused fields apart', async () => {
    await fc.assert(
      fc.asyncProperty(anyKeySettings(), async (settings) => {
        await app.addTargets(settings);
        const shown = withoutSecret(await app.create({ name: 'a', ...settings }));
        const names = [...Object.keys(settings), 'claudeAccountId'];
        const sent = Object.fromEntries(Object.entries(shown).filter(([field]) => names.includes(field)));
        const { body } = await app.call('PUT', `/${shown.id}`, sent);
        expect(body).toEqual({ ...shown, updatedAt: NOW });
      }),
      { numRuns: 20 },
    );
  });

  it('answers every key that v1 may have stored', async () => {
    await fc.assert(
      fc.asyncProperty(anyApiKey(), async (record) => {
        const { fields, extra } = encodeApiKey(record);
        await app.store.hset(keys.apiKey.record(record.id), { ...fields });
        await app.store.hset(keys.apiKey.extra(record.id), { ...extra });
        const { status, body } = await app.call('GET', `/${record.id}`);
        expect(status).toBe(200);
        expect(body).toMatchObject({
          id: record.id,
          name: record.name,
          tags: record.tags,
          isDeleted: record.deletion !== null,
        });
      }),
      { numRuns: 20 },
    );
  });
});
