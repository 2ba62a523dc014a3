import { type Principal, RelayError } from '@crs/extension-api';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import type { PrincipalFinder } from '../../api-key/principal-finder.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../platforms/codex/codex.platform.js';
import type { AccountExplainer } from '../../scheduler/explain/account-explainer.js';
import type { SchedulerService } from '../../scheduler/scheduler.service.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import type { Endpoint } from '../endpoint.js';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from '../endpoints.js';
import type { RelayAccess } from '../relay-access.js';
import { ExplainService, type ImaginedRequest } from './explain.service.js';

const KEY_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const SESSION = '4d5e6f70-0000-4000-8000-000000000000';
const PLATFORMS = new Map<string, unknown>([
  ['claude-console', new ClaudeConsolePlatform()],
  ['codex', new CodexPlatform()],
]);

describe('ExplainService', () => {
  const explain = jest.fn<AccountExplainer['explain']>();
  const check = jest.fn<RelayAccess['check']>();
  const checkPlatform = jest.fn<RelayAccess['checkPlatform']>();
  let principal: Principal;
  let sut: ExplainService;

  beforeEach(() => {
    jest.resetAllMocks();
    principal = testPrincipal();
    explain.mockResolvedValue([]);
    check.mockResolvedValue({ service: 'codex', platforms: ['codex'] });
    checkPlatform.mockImplementation((name) => ({ service: 'codex', platforms: [name] }));
    sut = new ExplainService(
      { findById: () => Promise.resolve({ principal, unusable: null }) } as unknown as PrincipalFinder,
      { check, checkPlatform } as unknown as RelayAccess,
      { explain } as unknown as AccountExplainer,
      { findObstacle: () => Promise.resolve(null) } as unknown as SchedulerService,
      { find: (name: string) => PLATFORMS.get(name) ?? null } as unknown as PlatformRegistry,
    );
  });

  const ask = (change: Partial<ImaginedRequest>) =>
    sut.explain({ key: null, keyId: KEY_ID, platform: null, model: 'm', session: null, endpoint: null, ...change });

  it.each<[string, Partial<ImaginedRequest>, Endpoint]>([
    ['of no platform', {}, MESSAGES],
    ['of Claude', { platform: 'claude-console' }, MESSAGES],
    ['of Codex', { platform: 'codex' }, RESPONSES],
    ['that is named', { endpoint: 'compact' }, COMPACT],
    ['that is named', { endpoint: 'count_tokens' }, COUNT_TOKENS],
    ['that is named', { endpoint: 'chat_completions' }, CHAT_COMPLETIONS],
    ['that is named, of a platform', { platform: 'claude-console', endpoint: 'chat_completions' }, CHAT_COMPLETIONS],
  ])('explains an endpoint %s: %j', async (_, change, endpoint) => {
    await ask(change);
    expect(explain.mock.calls).toMatchObject([[{ endpoint: endpoint.name, takesSlot: endpoint.isBooked }]]);
  });

  it.each([
    [MESSAGES, { 'x-claude-code-session-id': SESSION }],
    [RESPONSES, { 'session-id': SESSION }],
    [COMPACT, { 'session-id': SESSION }],
    [CHAT_COMPLETIONS, { 'session-id': SESSION }],
  ] as const)('knows a session by the hash that its requests have: %#', async (endpoint, headers) => {
    await ask({ endpoint: endpoint.name, session: SESSION });
    const { sessionHash } = endpoint.protocol.sessionOf({
      headers,
      member: () => undefined,
      readBody: () => ({}),
    });
    expect(sessionHash).not.toBeNull();
    expect(explain.mock.calls).toMatchObject([[{ sessionHash }]]);
  });

  it('asks for the accounts that the endpoint reaches', async () => {
    await ask({ endpoint: 'responses', model: 'gpt-5' });
    expect(check).toHaveBeenCalledWith(RESPONSES, 'gpt-5', principal);
    expect(explain.mock.calls).toMatchObject([[{ platforms: ['codex'], model: 'gpt-5', sessionHash: null }]]);
  });

  it.each([null, 'codex'])('says why a key is refused, and looks at no account (platform: %s)', async (platform) => {
    const refusal = new RelayError('model_not_allowed', 'This API key may not use the model m.');
    check.mockRejectedValue(refusal);
    checkPlatform.mockImplementation(() => {
      throw refusal;
    });
    expect(await ask({ platform })).toMatchObject({
      refusal: { code: 'model_not_allowed', message: refusal.message },
      accounts: [],
    });
    expect(explain).not.toHaveBeenCalled();
  });
});
