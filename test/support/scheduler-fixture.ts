import { type Platform, toAccountId, type UpstreamAccount } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import type { AccountDirectory } from '../../src/account/account-directory.js';
import { type AccountMarks, type AccountState, NO_MARKS } from '../../src/account/account-state.js';
import type { PlatformRegistry } from '../../src/core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../../src/platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../src/platforms/codex/codex.platform.js';
import { AccountGroupRepository } from '../../src/scheduler/account-group.repository.js';
import { AccountSlotRepository } from '../../src/scheduler/account-slot.repository.js';
import { CandidatePool } from '../../src/scheduler/candidate-pool.js';
import { AccountExplainer } from '../../src/scheduler/explain/account-explainer.js';
import { LoadBalancer } from '../../src/scheduler/load-balancer.js';
import { NoAccountError } from '../../src/scheduler/no-account.error.js';
import { SchedulerService, type SelectionQuery } from '../../src/scheduler/scheduler.service.js';
import { StickySessionRepository } from '../../src/scheduler/sticky-session.repository.js';
import { FakeLeases } from './fake-leases.ts';
import { testAccount } from './test-account.ts';
import { testConfig } from './test-config.ts';
import { testPrincipal } from './test-principal.ts';
import { NOTHING_WAITS } from './nothing-waits.ts';

export const NOW = Date.parse('2026-11-23T00:00:00Z');
const PLATFORM = 'claude-console';

export const state = (
  id: string,
  change: Partial<UpstreamAccount> = {},
  marks: Partial<AccountMarks> = {},
): AccountState => ({
  account: testAccount({ id: toAccountId(id), ...change }),
  marks: { ...NO_MARKS, ...marks },
});

export const coolingDown = (seconds: number): Partial<AccountMarks> => ({
  coolDown: { type: 'overload', statusCode: 529, until: new Date(NOW + seconds * 1000) },
});

export const query = (change: Partial<SelectionQuery> = {}): SelectionQuery => ({
  principal: testPrincipal(),
  platforms: [PLATFORM],
  model: 'claude-opus',
  endpoint: 'messages',
  sessionHash: null,
  slotFor: null,
  excluded: new Set(),
  ...change,
});

export const boundTo = (id: string, dedicatedFallback: boolean | null = null): SelectionQuery =>
  query({ principal: testPrincipal({ bindings: { claudeConsoleAccountId: id }, dedicatedFallback }) });

/** The scheduler, and what says beforehand what it will do. */
export interface Scheduling {
  readonly scheduler: SchedulerService;
  readonly explainer: AccountExplainer;
}

/** Both over accounts of the test, at one moment. */
export function createScheduling(
  store: StoreClient,
  states: () => readonly AccountState[],
  dedicatedFallback = false,
): Scheduling {
  const config = testConfig({ relay: { dedicatedFallback } });
  const statesOf = (name: string): AccountState[] => states().filter(({ account }) => account.platform === name);
  const directory = { states: (name: string) => Promise.resolve(statesOf(name)) } as unknown as AccountDirectory;
  const [claude, codex]: readonly [Platform, Platform] = [new ClaudeConsolePlatform(), new CodexPlatform()];
  const platforms = { get: (name: string) => (name === 'codex' ? codex : claude) } as unknown as PlatformRegistry;
  const clock = { now: () => NOW };
  const pool = new CandidatePool(directory, new AccountGroupRepository(store, clock), platforms, config);
  const sessions = new StickySessionRepository(store, config, clock);
  const slots = new AccountSlotRepository(store, new FakeLeases(store).asKeeper(), clock, NOTHING_WAITS);
  const parts = [pool, platforms, sessions, new LoadBalancer(), slots, clock] as const;
  return { scheduler: new SchedulerService(...parts), explainer: new AccountExplainer(...parts) };
}

/** The real scheduler over accounts of the test, at one moment. */
export const createScheduler = (...parts: Parameters<typeof createScheduling>): SchedulerService =>
  createScheduling(...parts).scheduler;

export async function refusalOf(sut: SchedulerService, asked: SelectionQuery): Promise<NoAccountError> {
  const reason: unknown = await sut.selectAccount(asked).catch((cause: unknown) => cause);
  if (!(reason instanceof NoAccountError)) throw new Error(`Not a NoAccountError: ${String(reason)}`);
  return reason;
}
