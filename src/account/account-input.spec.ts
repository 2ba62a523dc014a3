import type { AccountProxy } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CODEX_KIND, CONSOLE_KIND } from '../../test/support/account-fixture.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { type AccountInput, type AccountTarget, toProxy, toSettings } from './account-input.js';
import { encodeSettings } from './account-record.js';

const consoleTarget: AccountTarget = { platform: 'claude-console', kind: CONSOLE_KIND, allowPrivate: false };
const codexTarget: AccountTarget = { platform: 'codex', kind: CODEX_KIND, allowPrivate: false };

const errorsOf = (target: AccountTarget, input: AccountInput): unknown => {
  try {
    toSettings(target, input);
  } catch (error) {
    if (error instanceof ValidationFailedException) return error.errors;
    throw error;
  }
  return null;
};

describe('toSettings', () => {
  it('gives only what was given', () => {
    expect(encodeSettings(CONSOLE_KIND, toSettings(consoleTarget, {}))).toEqual({});
    expect(
      encodeSettings(CONSOLE_KIND, toSettings(consoleTarget, { name: 'x', isActive: false, priority: 3 })),
    ).toEqual({
      name: 'x',
      isActive: 'false',
      priority: '3',
    });
  });

  it('puts back to the default what is null', () => {
    const cleared = {
      description: null,
      priority: null,
      supportedModels: null,
      userAgent: null,
      rateLimitDuration: null,
      dailyQuota: null,
      quotaResetTime: null,
      maxConcurrentTasks: null,
      subscriptionExpiresAt: null,
      isActive: null,
      accountType: null,
      schedulable: null,
      disableAutoProtection: null,
      interceptWarmup: null,
    };
    expect(encodeSettings(CONSOLE_KIND, toSettings(consoleTarget, cleared))).toEqual({
      description: '',
      priority: '50',
      supportedModels: '{}',
      userAgent: 'claude-cli/1.0.69 (external, cli)',
      rateLimitDuration: '60',
      dailyQuota: '0',
      quotaResetTime: '00:00',
      maxConcurrentTasks: '0',
      subscriptionExpiresAt: '',
      isActive: 'true',
      accountType: 'shared',
      schedulable: 'true',
      disableAutoProtection: 'false',
      interceptWarmup: 'false',
    });
  });

  it('takes a list of models for an identity map, and any form of an instant', () => {
    const settings = toSettings(consoleTarget, {
      supportedModels: ['a'],
      subscriptionExpiresAt: '2030-01-31T12:00:00+08:00',
    });
    expect(settings.supportedModels).toEqual({ a: 'a' });
    expect(settings.subscriptionExpiresAt).toEqual(new Date('2030-01-31T04:00:00Z'));
  });

  it('keeps an address as it was given, but for the slash at the end of a base address', () => {
    expect(toSettings(consoleTarget, { apiUrl: 'https://a.example/v1/' }).apiUrl).toBe('https://a.example/v1/');
    expect(toSettings(codexTarget, { apiUrl: 'https://a.example/v1//' }).apiUrl).toBe('https://a.example/v1');
  });

  it('refuses an address that cannot be one', () => {
    expect(errorsOf(consoleTarget, { apiUrl: 'http://10.0.0.1' })).toEqual([
      { field: 'apiUrl', message: expect.stringContaining('apiUrl must not lead to a private') },
    ]);
    expect(errorsOf({ ...consoleTarget, allowPrivate: true }, { apiUrl: 'http://10.0.0.1' })).toBeNull();
  });

  it('refuses settings that accounts of the platform do not have, naming each', () => {
    expect(errorsOf(codexTarget, { supportedModels: null, interceptWarmup: false, priority: 1 })).toEqual([
      { field: 'supportedModels', message: 'supportedModels does not exist for accounts of codex' },
      { field: 'interceptWarmup', message: 'interceptWarmup does not exist for accounts of codex' },
    ]);
    expect(errorsOf(consoleTarget, { providerEndpoint: 'auto' })).toEqual([
      { field: 'providerEndpoint', message: 'providerEndpoint does not exist for accounts of claude-console' },
    ]);
  });
});

describe('toProxy', () => {
  const stored: AccountProxy = { type: 'http', host: 'proxy', port: 3128, username: 'u', password: 'p' };
  const same = { type: 'http', host: 'proxy', port: 3128, username: 'u' } as const;

  it('removes the proxy when it is null', () => {
    expect(toProxy(null, stored)).toBeNull();
  });

  it('keeps the stored password of the same proxy, also under another type', () => {
    expect(toProxy(same, stored)).toEqual(stored);
    expect(toProxy({ ...same, type: 'socks5' }, stored)).toEqual({ ...stored, type: 'socks5' });
    expect(toProxy({ type: 'http', host: 'h', port: 1 }, { type: 'http', host: 'h', port: 1, password: 'p' })).toEqual({
      type: 'http',
      host: 'h',
      port: 1,
      password: 'p',
    });
  });

  it.each([
    [{ ...same, host: 'elsewhere' }],
    [{ ...same, port: 3129 }],
    [{ ...same, username: 'other' }],
    [{ ...same, username: null }],
    [{ ...same, password: null }],
    [{ ...same, password: '' }],
  ])('does not hand the stored password to %j', (given) => {
    expect(toProxy(given, stored)).not.toHaveProperty('password');
  });

  it('never stores a password that was neither given nor of the same proxy', () => {
    const some = fc.constantFrom('a', 'b', '');
    const given = fc.record({
      type: fc.constant('http' as const),
      host: some,
      port: fc.constantFrom(1, 2),
      username: some,
    });
    fc.assert(
      fc.property(given, given, (input, before) => {
        const result = toProxy(input, { ...before, password: 'p' });
        const isSame = input.host === before.host && input.port === before.port && input.username === before.username;
        expect(result?.password).toBe(isSame ? 'p' : undefined);
      }),
    );
  });

  it('stores a given password', () => {
    expect(toProxy({ ...same, host: 'new', password: 'q' }, stored)).toEqual({ ...stored, host: 'new', password: 'q' });
    expect(toProxy({ ...same, password: 'q' }, null)).toEqual({ ...stored, password: 'q' });
    expect(toProxy(same, null)).toEqual(same);
  });
});
