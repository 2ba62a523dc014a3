import { describe, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { testApiKey } from '../../test/support/test-api-key.js';
import { type ApiKeyInput, changeApiKey, newApiKey, problemsOf } from './api-key-change.js';
import { type ApiKeyRecord, DEFAULT_SETTINGS } from './api-key-record.js';

const now = new Date('2026-11-24T00:00:00.000Z');
const end = new Date('2030-01-31T00:00:00.000Z');
const facts = { id: toApiKeyId('7961662a-ef63-41d4-9dea-5aed1d0e4d01'), secretHash: 'hash', now };
const unused = { expirationMode: 'activation', isActivated: false, activatedAt: null } as const;

describe('newApiKey', () => {
  it('has the defaults where nothing was said, or null', () => {
    const record = newApiKey({ name: 'a', description: null, tokenLimit: null, permissions: null }, facts);
    expect(record).toEqual(
      testApiKey({ id: facts.id, secretHash: 'hash', name: 'a', createdAt: now, activatedAt: now, isActivated: true }),
    );
  });

  it('allows models by default, in the mode that v1 does not have', () => {
    expect(newApiKey({ name: 'a', enableModelRestriction: true, restrictedModels: ['m'] }, facts)).toMatchObject({
      modelRestrictionMode: 'allow',
      enableModelRestriction: true,
      restrictedModels: ['m'],
    });
  });

  it('waits for its first use in activation mode', () => {
    expect(newApiKey({ name: 'a', expirationMode: 'activation', activationDays: 7 }, facts)).toMatchObject({
      isActivated: false,
      activatedAt: null,
      expiresAt: null,
      activationDays: 7,
    });
  });

  it('takes its bindings', () => {
    expect(newApiKey({ name: 'a', codexAccountId: 'x' }, facts).bindings.openaiAccountId).toBe('responses:x');
  });
});

describe('changeApiKey', () => {
  it('changes the given fields, puts null ones back, and notes when', () => {
    const record = testApiKey({ name: 'old', tokenLimit: 5, dailyCostLimit: 7, weeklyResetDay: 4 });
    expect(changeApiKey(record, { name: 'new', dailyCostLimit: null, weeklyResetDay: null }, now)).toEqual({
      ...record,
      name: 'new',
      dailyCostLimit: 0,
      weeklyResetDay: 1,
      updatedAt: now,
    });
  });

  it.each(Object.keys(DEFAULT_SETTINGS).filter((field) => field !== 'name'))('puts %s back to its default', (field) => {
    const odd = newApiKey({ name: 'a' }, facts);
    const record = { ...odd, isActivated: true, [field]: 'something else' } as ApiKeyRecord;
    expect(changeApiKey(record, { [field]: null }, now)).toMatchObject({
      [field]: DEFAULT_SETTINGS[field as keyof typeof DEFAULT_SETTINGS],
    });
  });

  it('begins a new life when the mode becomes activation', () => {
    const record = testApiKey({ expiresAt: end });
    expect(changeApiKey(record, { expirationMode: 'activation' }, now)).toMatchObject({
      isActivated: false,
      activatedAt: null,
      expiresAt: null,
    });
  });

  it('has begun its life when the mode becomes fixed', () => {
    const activated = testApiKey({ ...unused, isActivated: true, activatedAt: end });
    expect(changeApiKey(testApiKey(unused), { expirationMode: 'fixed', expiresAt: end }, now)).toMatchObject({
      isActivated: true,
      activatedAt: now,
      expiresAt: end,
    });
    expect(changeApiKey(activated, { expirationMode: 'fixed' }, now).activatedAt).toEqual(end);
  });

  it('leaves the life of a key alone while the mode stays', () => {
    const record = testApiKey({ ...unused, isActivated: true, activatedAt: end, expiresAt: end });
    expect(changeApiKey(record, { expirationMode: 'activation', activationDays: 3 }, now)).toMatchObject({
      isActivated: true,
      activatedAt: end,
      expiresAt: end,
    });
  });
});

describe('problemsOf', () => {
  it.each<[string, ApiKeyInput, ApiKeyRecord | null, string[]]>([
    ['what is served', { permissions: ['claude', 'codex'] }, null, []],
    ['every service', { permissions: [] }, null, []],
    ['the default permissions', { permissions: null }, null, []],
    ['a service that is not served', { permissions: ['claude', 'gemini'] }, null, ['permissions']],
    [
      'one that the key does not have',
      { permissions: ['gemini'] },
      testApiKey({ permissions: ['droid'] }),
      ['permissions'],
    ],
    ['one that v1 left to the key', { permissions: ['codex', 'droid'] }, testApiKey({ permissions: ['droid'] }), []],
    ['an end', { expiresAt: end }, null, []],
    ['an end of a fixed key', { expiresAt: end, expirationMode: 'fixed' }, testApiKey(unused), []],
    ['an end and the default mode', { expiresAt: end, expirationMode: null }, testApiKey(unused), []],
    ['an end of a new key in activation mode', { expiresAt: end, expirationMode: 'activation' }, null, ['expiresAt']],
    ['an end of a key that waits for its first use', { expiresAt: end }, testApiKey(unused), ['expiresAt']],
    ['an end with a new life', { expiresAt: end, expirationMode: 'activation' }, testApiKey(), ['expiresAt']],
    ['an end of a key that was activated', { expiresAt: end }, testApiKey({ ...unused, isActivated: true }), []],
    ['no end of a key that waits', { expiresAt: null }, testApiKey(unused), []],
    ['two Claude bindings', { claudeAccountId: 'group:g', claudeConsoleAccountId: 'a' }, null, ['claudeAccountId']],
    ['one Claude binding for another', { claudeAccountId: 'group:g', claudeConsoleAccountId: null }, null, []],
  ])('finds in %s', (_, input, record, fields) => {
    const problems = problemsOf(input, record);
    expect(problems.map((problem) => problem.field)).toEqual(fields);
    expect(problems.every((problem) => problem.message.includes(problem.field))).toBe(true);
  });
});
