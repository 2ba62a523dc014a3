import type { AccountId, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';

/**
 * Picks among available accounts: the lowest priority number first, round robin inside one priority. Round robin is
 * "the one that was picked longest ago", which stays fair while accounts come, go and are left out. Order within one
 * process only: each instance takes turns by itself.
 */
@Injectable()
export class LoadBalancer {
  private turn = 0;
  /** One small entry per account that this process has ever picked; accounts are made by hand. */
  private readonly lastTurn = new Map<AccountId, number>();

  /** Null when there is no candidate. The pick counts as the account's turn. */
  pick<T extends { readonly account: UpstreamAccount }>(candidates: readonly T[]): T | null {
    let best: T | null = null;
    for (const candidate of candidates) {
      if (best === null || this.isBefore(candidate.account, best.account)) best = candidate;
    }
    if (best !== null) this.lastTurn.set(best.account.id, (this.turn += 1));
    return best;
  }

  private isBefore(a: UpstreamAccount, b: UpstreamAccount): boolean {
    if (a.priority !== b.priority) return a.priority < b.priority;
    const turns = (this.lastTurn.get(a.id) ?? 0) - (this.lastTurn.get(b.id) ?? 0);
    if (turns !== 0) return turns < 0;
    const age = (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0);
    return age === 0 ? a.id < b.id : age < 0;
  }
}
