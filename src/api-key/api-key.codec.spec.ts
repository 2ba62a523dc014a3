import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toApiKeyId } from '@crs/extension-api';
import { testApiKey } from '../../test/support/test-api-key.js';
import { anyApiKey } from '../../test/support/any-api-key.js';
import { decodeApiKey, encodeApiKey, type StoredFields } from './api-key.codec.js';

const ID = '7961662a-ef63-41d4-9dea-5aed1d0e4d01';

/** Every field that the newest v1 writes for a new key. */
const NEW_KEY: StoredFields = {
  activatedAt: '2026-11-23T04:05:00.349Z',
  activationDays: '0',
  activationUnit: 'days',
  allowedClients: '[]',
  apiKey: '754f88c3664b65a6dcae68711b1edf26d53f09261aabd25ead2f318404468a46',
  azureOpenaiAccountId: '',
  bedrockAccountId: '',
  claudeAccountId: '',
  claudeConsoleAccountId: '',
  concurrencyLimit: '3',
  createdAt: '2026-11-23T04:05:00.349Z',
  createdBy: 'admin',
  dailyCostLimit: '20',
  description: 'only claude',
  droidAccountId: '',
  enableClientRestriction: 'true',
  enableModelRestriction: 'true',
  enableOpenAIResponsesCodexAdaptation: 'true',
  enableOpenAIResponsesPayloadRules: 'false',
  expirationMode: 'fixed',
  expiresAt: '2030-01-02T03:04:05.000Z',
  geminiAccountId: '',
  icon: '',
  id: ID,
  isActivated: 'true',
  isActive: 'true',
  lastUsedAt: '',
  name: 'claude-only-a',
  openaiAccountId: 'responses:28bc074b-87fd-4197-af05-508ca1508341',
  openaiResponsesPayloadRules: '[{"path":"store","valueType":"boolean","value":false}]',
  permissions: '["claude","openai"]',
  rateLimitCost: '1.5',
  rateLimitRequests: '5',
  rateLimitWindow: '10',
  restrictedModels: '["claude-opus-4-1-20250805"]',
  serviceRates: '{"claude":1.5}',
  tags: '["team-a","ci"]',
  tokenLimit: '100000',
  totalCostLimit: '500',
  userId: '',
  userUsername: '',
  weeklyOpusCostLimit: '50',
  weeklyResetDay: '3',
  weeklyResetHour: '4',
};

/** What the oldest supported v1 writes. */
const OLD_KEY: StoredFields = {
  activatedAt: '2026-11-23T04:05:15.956Z',
  apiKey: '0d6c7f4b8928fa676457b836d6c4bf747e109319a368a069b867ebc0e31b6717',
  claudeAccountId: '',
  concurrencyLimit: '0',
  createdAt: '2026-11-23T04:05:15.956Z',
  createdBy: 'admin',
  expirationMode: 'fixed',
  expiresAt: '',
  id: ID,
  isActivated: 'true',
  isActive: 'true',
  lastUsedAt: '2026-11-23T04:05:16.254Z',
  name: 'plain-c',
  permissions: 'all',
  tokenLimit: '0',
};

const decode = (fields: StoredFields, extra: StoredFields = {}) => decodeApiKey(ID, { fields, extra });

describe('decodeApiKey', () => {
  it('reads a key of the newest v1', () => {
    expect(decode(NEW_KEY)).toEqual(
      testApiKey({
        id: toApiKeyId(ID),
        secretHash: '754f88c3664b65a6dcae68711b1edf26d53f09261aabd25ead2f318404468a46',
        name: 'claude-only-a',
        description: 'only claude',
        tags: ['team-a', 'ci'],
        permissions: ['claude', 'codex'],
        tokenLimit: 100_000,
        concurrencyLimit: 3,
        rateLimitWindow: 10,
        rateLimitRequests: 5,
        rateLimitCost: 1.5,
        dailyCostLimit: 20,
        totalCostLimit: 500,
        weeklyOpusCostLimit: 50,
        weeklyResetDay: 3,
        weeklyResetHour: 4,
        enableModelRestriction: true,
        restrictedModels: ['claude-opus-4-1-20250805'],
        modelRestrictionMode: 'deny',
        enableClientRestriction: true,
        bindings: { ...testApiKey().bindings, openaiAccountId: 'responses:28bc074b-87fd-4197-af05-508ca1508341' },
        expiresAt: new Date('2030-01-02T03:04:05.000Z'),
        serviceRates: { claude: 1.5 },
        openaiResponsesPayloadRules: [{ path: 'store', valueType: 'boolean', value: false }],
        activatedAt: new Date('2026-11-23T04:05:00.349Z'),
        createdAt: new Date('2026-11-23T04:05:00.349Z'),
      }),
    );
  });

  it('reads a key of an old v1 with defaults for what it does not have', () => {
    expect(decode(OLD_KEY)).toEqual(
      testApiKey({
        id: toApiKeyId(ID),
        secretHash: '0d6c7f4b8928fa676457b836d6c4bf747e109319a368a069b867ebc0e31b6717',
        name: 'plain-c',
        modelRestrictionMode: 'deny',
        activatedAt: new Date('2026-11-23T04:05:15.956Z'),
        createdAt: new Date('2026-11-23T04:05:15.956Z'),
        lastUsedAt: new Date('2026-11-23T04:05:16.254Z'),
      }),
    );
  });

  it('serves no key whose record does not say that it is active', () => {
    expect(decode({ ...OLD_KEY, isActive: '' }).isActive).toBe(false);
    expect(decode({}).isActive).toBe(false);
  });

  it.each([
    ['tokenLimit', 'abc', 0],
    ['tokenLimit', '-5', 0],
    ['tokenLimit', '', 0],
    ['tokenLimit', '12.9', 12],
    ['rateLimitCost', 'Infinity', 0],
    ['rateLimitCost', '-1', 0],
    ['rateLimitCost', '1e-7', 1e-7],
    ['weeklyResetDay', '0', 1],
    ['weeklyResetDay', '8', 1],
    ['weeklyResetHour', '24', 0],
    ['weeklyResetHour', 'x', 0],
    ['activationUnit', 'weeks', 'days'],
    ['expirationMode', 'never', 'fixed'],
    ['expiresAt', 'soon', null],
    ['restrictedModels', '{"a":1}', []],
    ['allowedClients', '["claude_code",7]', ['claude_code']],
    ['tags', '[bad', []],
    ['serviceRates', '[1]', {}],
    ['serviceRates', '{"claude":"2","codex":-1,"gemini":3}', { gemini: 3 }],
    ['serviceRates', 'null', {}],
    ['enableOpenAIResponsesCodexAdaptation', '', true],
    ['enableOpenAIResponsesCodexAdaptation', 'false', false],
    ['openaiResponsesPayloadRules', '{}', []],
    ['openaiResponsesPayloadRules', '[7,null,{},{"path":"a"},{"path":1,"valueType":"json","value":1}]', []],
    ['openaiResponsesPayloadRules', '[{"path":"a","valueType":"date","value":1},{"path":"a","valueType":"json"}]', []],
  ])('reads %s = %j as %j', (field, text, value) => {
    expect(decode({ ...NEW_KEY, [field]: text })).toMatchObject({ [field]: value });
  });

  it('takes a key in activation mode that says nothing for not activated', () => {
    expect(decode({ expirationMode: 'activation' }).isActivated).toBe(false);
    expect(decode({ expirationMode: 'activation', isActivated: 'true' }).isActivated).toBe(true);
    expect(decode({}).isActivated).toBe(true);
  });

  it('reads who deleted and who restored a key', () => {
    const deleted = {
      isDeleted: 'true',
      deletedAt: '2026-11-23T04:05:00.414Z',
      deletedBy: 'ada',
      deletedByType: 'admin',
    };
    expect(decode(deleted).deletion).toEqual({ at: new Date('2026-11-23T04:05:00.414Z'), by: 'ada', byType: 'admin' });
    expect(decode({ isDeleted: 'true' }).deletion).toEqual({ at: null, by: '', byType: '' });
    expect(decode({ ...deleted, isDeleted: 'false' }).deletion).toBeNull();
    const restored = { restoredAt: '2026-11-23T05:00:00.000Z', restoredBy: 'bob', restoredByType: 'admin' };
    expect(decode(restored).restoration).toEqual({
      at: new Date('2026-11-23T05:00:00.000Z'),
      by: 'bob',
      byType: 'admin',
    });
  });
});

describe('the model restriction', () => {
  const v1 = (enabled: boolean, models: readonly string[]): StoredFields => ({
    enableModelRestriction: String(enabled),
    restrictedModels: JSON.stringify(models),
  });
  const allow = (enabled: boolean, models: readonly string[]): StoredFields => ({
    modelRestrictionMode: 'allow',
    enableModelRestriction: String(enabled),
    allowedModels: JSON.stringify(models),
  });

  it.each([
    ['a key of v1', v1(true, ['a']), {}, ['deny', true, ['a']]],
    ['a key of v1 whose restriction is off', v1(false, ['a']), {}, ['deny', false, ['a']]],
    ['a deny list of ours', v1(true, ['a']), { modelRestrictionMode: 'deny' }, ['deny', true, ['a']]],
    ['an allow list', v1(false, []), allow(true, ['a', 'b']), ['allow', true, ['a', 'b']]],
    ['an allow list that is off', v1(false, []), allow(false, ['a']), ['allow', false, ['a']]],
    [
      'an allow list that cannot be read',
      v1(false, []),
      { ...allow(true, []), allowedModels: '[x' },
      ['allow', true, []],
    ],
    ['an allow list beside which v1 denies', v1(true, ['b']), allow(true, ['a', 'b']), ['allow', true, ['a']]],
    ['an allow list that is off, where v1 denies', v1(true, ['b']), allow(false, ['a']), ['deny', true, ['b']]],
  ])('of %s', (_, fields, extra, [mode, enabled, models]) => {
    expect(decode(fields, extra as StoredFields)).toMatchObject({
      modelRestrictionMode: mode,
      enableModelRestriction: enabled,
      restrictedModels: models,
    });
  });

  it('stands as no restriction for v1 when it is an allow list', () => {
    const restriction = {
      enableModelRestriction: true,
      restrictedModels: ['a'],
      modelRestrictionMode: 'allow',
    } as const;
    const { fields, extra } = encodeApiKey(testApiKey(restriction));
    expect(fields).toMatchObject({ enableModelRestriction: 'false', restrictedModels: '[]' });
    expect(extra).toEqual({ modelRestrictionMode: 'allow', enableModelRestriction: 'true', allowedModels: '["a"]' });
  });

  it('stands in v1 when it is a deny list', () => {
    const restriction = {
      enableModelRestriction: true,
      restrictedModels: ['a'],
      modelRestrictionMode: 'deny',
    } as const;
    const { fields, extra } = encodeApiKey(testApiKey(restriction));
    expect(fields).toMatchObject({ enableModelRestriction: 'true', restrictedModels: '["a"]' });
    expect(extra).toEqual({ modelRestrictionMode: 'deny' });
  });
});

describe('encodeApiKey', () => {
  it('writes exactly the fields and defaults of a new key of v1', () => {
    const { fields } = encodeApiKey(testApiKey({ id: toApiKeyId(ID) }));
    expect(Object.keys(fields).sort()).toEqual(Object.keys(NEW_KEY).sort());
    expect(fields).toMatchObject({
      description: '',
      permissions: '[]',
      tags: '[]',
      tokenLimit: '0',
      rateLimitCost: '0',
      isActive: 'true',
      expirationMode: 'fixed',
      isActivated: 'true',
      expiresAt: '',
      lastUsedAt: '',
      serviceRates: '{}',
      weeklyResetDay: '1',
      weeklyResetHour: '0',
      enableOpenAIResponsesCodexAdaptation: 'true',
      openaiResponsesPayloadRules: '[]',
      createdBy: 'admin',
      userId: '',
    });
  });

  it('writes back what v1 has written', () => {
    expect(encodeApiKey(decode(NEW_KEY)).fields).toEqual(NEW_KEY);
  });

  it('loses nothing of any record', () => {
    fc.assert(
      fc.property(anyApiKey(), (record) => {
        expect(decodeApiKey(record.id, encodeApiKey(record))).toEqual(record);
      }),
    );
  });
});
