import { type ModelMap, type Platform, type Principal, RelayError, type RelayRequest } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../test/support/test-account.ts';
import { testPrincipal } from '../../test/support/test-principal.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { DEFAULT_RELAY_SETTINGS } from '../core/settings/relay-settings.js';
import type { RelaySettingsRepository } from '../core/settings/relay-settings.repository.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../platforms/codex/codex.platform.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { Endpoint } from './endpoint.js';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from './endpoints.js';
import { type Reach, RelayAccess } from './relay-access.js';

const PLATFORMS: readonly { readonly name: string; readonly platform: Platform }[] = [
  { name: 'claude-console', platform: new ClaudeConsolePlatform() },
  { name: 'codex', platform: new CodexPlatform() },
  { name: 'vault', platform: { service: 'codex', account: new CodexPlatform().account, relay: null } },
];

interface Given {
  readonly claudeCodeOnly?: boolean;
  /** The model maps of the accounts that the key reaches, by platform. */
  readonly maps?: Readonly<Record<string, readonly ModelMap[]>>;
}

const createSut = ({ claudeCodeOnly = false, maps = {} }: Given = {}): RelayAccess =>
  new RelayAccess(
    {
      list: () => PLATFORMS,
      get: (wanted: string) => PLATFORMS.find(({ name }) => name === wanted)?.platform,
    } as unknown as PlatformRegistry,
    {
      current: () => Promise.resolve({ ...DEFAULT_RELAY_SETTINGS, claudeCodeOnly }),
    } as unknown as RelaySettingsRepository,
    {
      listReachable: (_: Principal, names: readonly string[]) =>
        Promise.resolve(
          names.flatMap((name) => maps[name] ?? []).map((supportedModels) => testAccount({ supportedModels })),
        ),
    } as unknown as SchedulerService,
  );

const CLAUDE: Reach = { service: 'claude', platforms: ['claude-console'] };
const CODEX_REACH: Reach = { service: 'codex', platforms: ['codex'] };
const BOTH: Reach = { service: 'claude', platforms: ['claude-console', 'codex'] };

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

/** Served by platforms of two protocols. */
const SHARED: Endpoint = { ...MESSAGES, name: 'shared', servedBy: ['openai', 'anthropic'] };

describe('RelayAccess', () => {
  const reasonOf = async (ask: () => unknown): Promise<unknown> => {
    try {
      return await ask();
    } catch (error) {
      return error;
    }
  };

  it.each([
    [MESSAGES, CLAUDE],
    [COUNT_TOKENS, CLAUDE],
    [RESPONSES, CODEX_REACH],
    [COMPACT, CODEX_REACH],
  ])('names the platforms that may serve $name, and their service, whatever the model', async (endpoint, reach) => {
    for (const model of ['m', 'gpt-5', 'claude-opus']) {
      expect(await createSut().check(endpoint, model, testPrincipal())).toEqual(reach);
    }
  });

  it.each<[string, Partial<Principal>, string, string]>([
    ['service', { permissions: ['codex'] }, 'permission_denied', 'This API key may not use this service.'],
    [
      'model',
      { modelRestriction: { mode: 'deny', models: ['m'] } },
      'model_not_allowed',
      'This API key may not use the model m.',
    ],
  ])('refuses a %s that the key may not use', async (_, change, code, message) => {
    const error = await reasonOf(() => createSut().check(MESSAGES, 'm', testPrincipal(change)));
    expect(error).toBeInstanceOf(RelayError);
    expect(error).toMatchObject({ code, message });
  });

  describe('where two services can serve an endpoint', () => {
    const reachOf = (model: string, maps: Given['maps'] = {}, change: Partial<Principal> = {}) =>
      reasonOf(() => createSut({ maps }).check(SHARED, model, testPrincipal(change)));

    it.each([
      ['claude-opus-5-5', CLAUDE],
      ['vendor-sonnet', CLAUDE],
      ['gpt-5', CODEX_REACH],
      ['gpt-5.1-codex-max', CODEX_REACH],
      ['o3', CODEX_REACH],
      ['codex-mini-latest', CODEX_REACH],
      ['glm-5', BOTH],
      ['constructor', BOTH],
    ])('goes by the name of the model: %s', async (model, reach) => {
      expect(await reachOf(model)).toEqual(reach);
    });

    it.each([
      ['an account that names it', 'gpt-5', { 'claude-console': [{}, { 'gpt-5': 'glm-5' }] }, BOTH],
      ['the one account that names it', 'glm-5', { 'claude-console': [{ 'glm-5': 'glm-5' }] }, CLAUDE],
      ['the one account that names it, of the other service', 'glm-5', { codex: [{ 'glm-5': 'x' }] }, CODEX_REACH],
      ['no account that names another', 'gpt-5', { 'claude-console': [{ 'glm-5': 'glm-5' }] }, CODEX_REACH],
      ['no account that knows the name as that of its upstream only', 'x', { codex: [{ y: 'x' }] }, BOTH],
      ['no account for a name that every object has', 'toString', { codex: [{ y: 'x' }] }, BOTH],
    ])('reaches %s', async (_, model, maps, reach) => {
      expect(await reachOf(model, maps)).toEqual(reach);
    });

    it('leaves out the service that the key may not use', async () => {
      expect(await reachOf('glm-5', {}, { permissions: ['codex'] })).toEqual(CODEX_REACH);
      expect(await reachOf('glm-5', {}, { permissions: ['claude', 'gemini'] })).toEqual(CLAUDE);
      expect(await reachOf('gpt-5', {}, { permissions: ['claude'] })).toMatchObject({ code: 'permission_denied' });
      expect(await reachOf('glm-5', {}, { permissions: ['gemini'] })).toMatchObject({ code: 'permission_denied' });
    });

    it('names both models where the one that was asked for is sent as another', async () => {
      const principal = testPrincipal({ modelRestriction: { mode: 'allow', models: ['gpt-5-mini'] } });
      await expect(createSut().check(RESPONSES, 'gpt-5', principal, 'gpt-5-mini')).rejects.toThrow(
        'gpt-5-mini is sent as gpt-5, which this API key may not use.',
      );
    });

    it('refuses a model that the key may not use', async () => {
      const restricted: Partial<Principal> = { modelRestriction: { mode: 'allow', models: ['gpt-5'] } };
      expect(await reachOf('gpt-5', {}, restricted)).toEqual(CODEX_REACH);
      expect(await reachOf('gpt-5-mini', {}, restricted)).toMatchObject({ code: 'model_not_allowed' });
    });
  });

  it('says whether a key may use one platform, to which no route may relay', async () => {
    const allowed = testPrincipal({ permissions: ['codex'] });
    expect(createSut().checkPlatform('codex', 'm', allowed)).toEqual(CODEX_REACH);
    expect(createSut().checkPlatform('vault', 'm', allowed)).toEqual({ service: 'codex', platforms: ['vault'] });
    expect(await reasonOf(() => createSut().checkPlatform('claude-console', 'm', allowed))).toMatchObject({
      code: 'permission_denied',
    });
    const restricted = testPrincipal({ modelRestriction: { mode: 'deny', models: ['m'] } });
    expect(await reasonOf(() => createSut().checkPlatform('codex', 'm', restricted))).toMatchObject({
      code: 'model_not_allowed',
    });
  });

  const refusalOf = async (
    sut: RelayAccess,
    request: Partial<RelayRequest>,
    allowed: string[] | null,
    reach: Reach = CLAUDE,
  ) =>
    sut.checkClient(testRelayRequest(request), reach, testPrincipal({ allowedClients: allowed })).then(
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
    const sut = createSut({ claudeCodeOnly: true });
    expect(await refusalOf(sut, CLAUDE_CODE, null)).toBeNull();
    expect(await refusalOf(sut, SDK, null)).toBe('permission_denied: Only Claude Code may use this gateway.');
  });

  it.each<[string, Reach, boolean]>([
    ['Claude accounts', CLAUDE, true],
    ['Claude accounts beside others', BOTH, true],
    ['other accounts', CODEX_REACH, false],
  ])('keeps other clients from %s there, whatever protocol they speak', async (_, reach, isRefused) => {
    const sut = createSut({ claudeCodeOnly: true });
    for (const protocol of ['openai', 'anthropic'] as const) {
      const refusal = await refusalOf(sut, { ...CODEX, protocol }, ['codex_cli'], reach);
      expect(refusal).toBe(isRefused ? 'permission_denied: Only Claude Code may use this gateway.' : null);
    }
  });
});
