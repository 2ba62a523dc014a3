import { type Platform, RelayError, type UpstreamAccount } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../../../test/support/test-account.ts';
import { TestClock } from '../../../test/support/test-clock.ts';
import { testPrincipal } from '../../../test/support/test-principal.ts';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../platforms/codex/codex.platform.js';
import type { SchedulerService } from '../../scheduler/scheduler.service.js';
import { PriceBook } from '../../stats/pricing/price-book.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import { MESSAGES, RESPONSES } from '../endpoints.js';
import { ModelsService } from './models.service.js';

const NOW = 1_000_000;
const console_: Platform = new ClaudeConsolePlatform();
const { account: codexAccount } = new CodexPlatform();
const relay = console_.relay && { ...console_.relay, protocol: 'openai' as const };
const relayedCodex: Platform = { service: 'codex', account: codexAccount, relay };
const unrelayedCodex: Platform = { service: 'codex', account: codexAccount, relay: null };

const createSut = (accounts: readonly UpstreamAccount[], codex: Platform = relayedCodex): ModelsService => {
  const platforms = [
    { name: 'claude-console', platform: console_ },
    { name: 'codex', platform: codex },
  ];
  const registry = { list: () => platforms } as unknown as PlatformRegistry;
  const listReachable = (_: unknown, [name]: readonly string[]) =>
    Promise.resolve(accounts.filter(({ platform }) => platform === name));
  return new ModelsService(
    registry,
    { listReachable } as unknown as SchedulerService,
    new PriceBook(),
    new TestClock(NOW),
  );
};

const mapped = (...names: string[]): UpstreamAccount =>
  testAccount({ supportedModels: Object.fromEntries(names.map((name) => [name, `vendor-${name}`])) });

describe('ModelsService', () => {
  const ids = async (sut: ModelsService, principal = testPrincipal()): Promise<string[]> =>
    (await sut.list(principal, CHAT_COMPLETIONS)).map(({ id }) => id);

  it('lists the names that the accounts in reach map, each once', async () => {
    expect(await ids(createSut([mapped('b', 'a'), mapped('a', 'c')]))).toEqual(['a', 'b', 'c']);
  });

  it('lists the models of the price book for an account without a map', async () => {
    const listed = await ids(createSut([testAccount()]));
    expect(listed).toContain('claude-opus-4-1');
    expect(listed.every((id) => id.startsWith('claude-'))).toBe(true);
  });

  it.each([{ isActive: false }, { schedulable: false }, { subscriptionExpiresAt: new Date(NOW) }])(
    'leaves out what an account with %j offers',
    async (change) => {
      expect(await ids(createSut([{ ...mapped('a'), ...change }, mapped('b')]))).toEqual(['b']);
    },
  );

  it('lists what an account offers whose subscription still runs', async () => {
    expect(await ids(createSut([{ ...mapped('a'), subscriptionExpiresAt: new Date(NOW + 1) }]))).toEqual(['a']);
  });

  it('leaves out what the key may not ask for', async () => {
    const sut = createSut([mapped('a', 'b')]);
    expect(await ids(sut, testPrincipal({ modelRestriction: { mode: 'deny', models: ['a'] } }))).toEqual(['b']);
    expect(await ids(sut, testPrincipal({ permissions: ['codex'] }))).toEqual([]);
  });

  it('leaves out platforms that nothing is relayed to, and sorts by owner first', async () => {
    const codex = testAccount({ platform: 'codex', supportedModels: { 'a-gpt': 'a-gpt' } });
    expect(await ids(createSut([mapped('z'), codex], unrelayedCodex))).toEqual(['z']);
    expect(await createSut([mapped('z'), codex]).list(testPrincipal(), CHAT_COMPLETIONS)).toEqual([
      { id: 'z', ownedBy: 'anthropic' },
      { id: 'a-gpt', ownedBy: 'openai' },
    ]);
  });

  it.each([
    ['chat completions', CHAT_COMPLETIONS, ['z', 'a-gpt']],
    ['messages', MESSAGES, ['z']],
    ['responses', RESPONSES, ['a-gpt']],
  ])('lists for %s what the platforms of the endpoint offer', async (_, endpoint, expected) => {
    const codex = testAccount({ platform: 'codex', supportedModels: { 'a-gpt': 'a-gpt' } });
    const listed = await createSut([mapped('z'), codex]).list(testPrincipal(), endpoint);
    expect(listed.map(({ id }) => id)).toEqual(expected);
  });

  it('gives one model, or says that there is none', async () => {
    const sut = createSut([mapped('a')]);
    expect(await sut.get(testPrincipal(), CHAT_COMPLETIONS, 'a')).toEqual({ id: 'a', ownedBy: 'anthropic' });
    await expect(sut.get(testPrincipal(), CHAT_COMPLETIONS, 'b')).rejects.toThrow(RelayError);
  });
});
