import { type Principal, RelayError, type RelayRequest } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { testPrincipal } from '../../test/support/test-principal.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { DEFAULT_RELAY_SETTINGS } from '../core/settings/relay-settings.js';
import type { RelaySettingsRepository } from '../core/settings/relay-settings.repository.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../platforms/codex/codex.platform.js';
import { RelayAccess } from './relay-access.js';

const PLATFORMS = [
  { name: 'claude-console', platform: new ClaudeConsolePlatform() },
  { name: 'codex', platform: new CodexPlatform() },
];

const createSut = (claudeCodeOnly = false): RelayAccess =>
  new RelayAccess(
    {
      list: () => PLATFORMS,
      get: (wanted: string) => PLATFORMS.find(({ name }) => name === wanted)?.platform,
    } as unknown as PlatformRegistry,
    {
      current: () => Promise.resolve({ ...DEFAULT_RELAY_SETTINGS, claudeCodeOnly }),
    } as unknown as RelaySettingsRepository,
  );

const CLAUDE_CODE: Partial<RelayRequest> = {
  headers: {
    'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)',
    'x-app': 'cli',
    'anthropic-beta': 'claude-code-20250219',
    'anthropic-version': '2023-06-01',
  },
  userId: JSON.stringify({
    device_id: 'a'.repeat(64),
    account_uuid: '',
    session_id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  }),
};
const SDK: Partial<RelayRequest> = { headers: { 'user-agent': 'Anthropic/JS 1.12.0' } };
const CODEX: Partial<RelayRequest> = { headers: { 'user-agent': 'codex_exec/0.169.0 (Linux)' } };

describe('RelayAccess', () => {
  const reasonOf = (ask: () => unknown): unknown => {
    try {
      return ask();
    } catch (error) {
      return error;
    }
  };

  it('names the platforms that may serve a key and their service', () => {
    expect(createSut().check('anthropic', 'm', testPrincipal({ permissions: ['claude'] }))).toEqual({
      service: 'claude',
      platforms: ['claude-console'],
    });
  });

  it.each<[string, Partial<Principal>, string, string]>([
    ['service', { permissions: ['codex'] }, 'permission_denied', 'This API key may not use this service.'],
    [
      'model',
      { modelRestriction: { mode: 'deny', models: ['m'] } },
      'model_not_allowed',
      'This API key may not use the model m.',
    ],
  ])('refuses a %s that the key may not use', (_, change, code, message) => {
    const error = reasonOf(() => createSut().check('anthropic', 'm', testPrincipal(change)));
    expect(error).toBeInstanceOf(RelayError);
    expect(error).toMatchObject({ code, message });
  });

  it('says whether a key may use one platform, to which no route may relay', () => {
    const allowed = testPrincipal({ permissions: ['codex'] });
    expect(createSut().checkPlatform('codex', 'm', allowed)).toEqual({ service: 'codex', platforms: ['codex'] });
    expect(reasonOf(() => createSut().checkPlatform('claude-console', 'm', allowed))).toMatchObject({
      code: 'permission_denied',
    });
    const restricted = testPrincipal({ modelRestriction: { mode: 'deny', models: ['m'] } });
    expect(reasonOf(() => createSut().checkPlatform('codex', 'm', restricted))).toMatchObject({
      code: 'model_not_allowed',
    });
  });

  const refusalOf = async (sut: RelayAccess, request: Partial<RelayRequest>, allowed: string[] | null) =>
    sut.checkClient(testRelayRequest(request), testPrincipal({ allowedClients: allowed })).then(
      () => null,
      (error: unknown) => (error instanceof RelayError ? `${error.code}: ${error.message}` : error),
    );

  it.each<[string, Partial<RelayRequest>, string[] | null]>([
    ['any client with a key for all', SDK, null],
    ['Claude Code', CLAUDE_CODE, ['claude_code']],
    ['one of several clients', CODEX, ['claude_code', 'codex_cli']],
  ])('lets in %s', async (_, request, allowed) => {
    expect(await refusalOf(createSut(), request, allowed)).toBeNull();
  });

  it.each<[string, Partial<RelayRequest>]>([
    ['another client', SDK],
    ['Claude Code without its user id', { ...CLAUDE_CODE, userId: null }],
    ['Claude Code with a user id that is none', { ...CLAUDE_CODE, userId: 'somebody' }],
  ])('refuses %s and names the clients that may come', async (_, request) => {
    expect(await refusalOf(createSut(), request, ['claude_code', 'codex_cli'])).toBe(
      'permission_denied: This API key may only be used by these clients: claude_code, codex_cli.',
    );
  });

  it('lets only Claude Code in where the gateway is for Claude Code only', async () => {
    const sut = createSut(true);
    expect(await refusalOf(sut, CLAUDE_CODE, null)).toBeNull();
    expect(await refusalOf(sut, SDK, null)).toBe('permission_denied: Only Claude Code may use this gateway.');
    expect(await refusalOf(sut, { ...CODEX, protocol: 'openai' }, ['codex_cli'])).toBeNull();
  });
});
