import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keys, type StoreClient } from '@crs/store';
import type { CreatedKey } from '../../test/support/admin-client.ts';
import type { BuiltGateway } from '../../test/support/built-gateway.ts';
import type { ClientDialect } from '../../test/support/client-dialects.ts';
import type { StepLike } from '../../test/support/simulator/step.ts';
import type { SimulatorProcess } from '../simulator-process.ts';
import { LeavingClient } from './leaving-client.ts';

export interface AbortBench {
  readonly gateway: BuiltGateway;
  readonly simulator: SimulatorProcess;
  /** The gateway's own store, watched from outside. */
  readonly store: StoreClient;
}

/** A line of the simulator's log, as far as it is read here. */
export interface SeenRequest {
  /** Epoch ms of the arrival. */
  readonly at: number;
  /** From the arrival to the end of its connection or answer. */
  readonly ms: number;
  readonly outcome: string;
  readonly status: number;
  readonly events: number;
}

export interface RigOptions {
  readonly dialect: ClientDialect;
  readonly name: string;
  /** What the accounts do; the first is asked first. */
  readonly steps: readonly StepLike[];
  /** Requests of the key, and of each account, at the same time. */
  readonly atOnce: number;
}

const POLL_MS = 5;
const REACHED_WITHIN_MS = 10_000;

/** Waits until it holds. False: it did not within that time. */
export async function until(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** A key with a group of accounts of its own, and all that is held for it. */
export class AbortRig {
  readonly bench: AbortBench;
  readonly dialect: ClientDialect;
  readonly key: CreatedKey;
  /** By the order in which they are asked. */
  readonly accounts: readonly { readonly id: string; readonly upstreamKey: string }[];

  private constructor(bench: AbortBench, dialect: ClientDialect, key: CreatedKey, accounts: AbortRig['accounts']) {
    this.bench = bench;
    this.dialect = dialect;
    this.key = key;
    this.accounts = accounts;
  }

  static async create(bench: AbortBench, { dialect, name, steps, atOnce }: RigOptions): Promise<AbortRig> {
    const { admin } = bench.gateway;
    const accounts: { id: string; upstreamKey: string }[] = [];
    for (const [index, step] of steps.entries()) {
      const upstreamKey = randomUUID();
      await bench.simulator.control({ key: upstreamKey, default: step });
      const fields = {
        name: `${name} ${index}`,
        apiUrl: bench.simulator.url,
        apiKey: upstreamKey,
        accountType: 'group',
      };
      const limits = { priority: index + 1, ...dialect.slots(atOnce) };
      accounts.push({ ...(await admin.createAccount(dialect.name, { ...fields, ...limits })), upstreamKey });
    }
    const group = (await admin.request('POST', '/account-groups', {
      name: `${name}, ${dialect.name}`,
      platform: dialect.groupPlatform,
    })) as { id: string };
    await admin.request('PUT', `/account-groups/${group.id}/members`, { accountIds: accounts.map(({ id }) => id) });
    const limits = { concurrencyLimit: atOnce, dailyCostLimit: 1_000_000 };
    const key = await admin.createKey({ name, [dialect.bindingField]: `group:${group.id}`, ...limits });
    return new AbortRig(bench, dialect, key, accounts);
  }

  open(options: { readonly stream: boolean; readonly reads?: boolean; readonly session?: string }): LeavingClient {
    const { stream, reads, session = randomUUID() } = options;
    const question = { dialect: this.dialect, url: this.bench.gateway.url, secret: this.key.key, session, stream };
    return new LeavingClient(question, reads);
  }

  /** What an account was asked so far, oldest first. */
  async seen(account: number): Promise<readonly SeenRequest[]> {
    return (await this.bench.simulator.log(this.accounts[account]?.upstreamKey)) as readonly SeenRequest[];
  }

  /** Slots, holds and places in the queue, of the key and its accounts. */
  async held(): Promise<number> {
    const { id } = this.key;
    const ofKey = [keys.limits.concurrency(id), keys.limits.holds(id), keys.limits.queue(id)];
    const sets = [...ofKey, ...this.accounts.map((account) => keys.limits.accountConcurrency(account.id))];
    const counts = await Promise.all(sets.map((set) => this.bench.store.zcard(set)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Ends what an earlier run has left on the accounts. */
  async mend(): Promise<void> {
    for (const { id } of this.accounts)
      await this.bench.gateway.admin.request('POST', `/accounts/${this.dialect.name}/${id}/reset-rate-limit`);
  }

  async booked(): Promise<{ readonly requests: number; readonly inputTokens: number; readonly outputTokens: number }> {
    const stats = (await this.bench.gateway.admin.request('GET', `/keys/${this.key.id}/stats`)) as {
      total: { requests: number; inputTokens: number; outputTokens: number };
    };
    return stats.total;
  }

  /** @throws Error when it does not come to that */
  async reach(what: string, holds: () => Promise<boolean>): Promise<void> {
    if (!(await until(holds, REACHED_WITHIN_MS))) throw new Error(`No request came so far: ${what}`);
    // Whatever the upstream had sent before, the gateway has read once it has answered this.
    await fetch(`${this.bench.gateway.url}/health`);
  }
}
