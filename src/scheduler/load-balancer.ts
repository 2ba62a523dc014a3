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
  private readonly lastTurn = new Map<AccountId, number>();

  /** Null when there is no candidate. The pick counts as the account's turn. */
  pick<T extends { readonly account: UpstreamAccount }>(candidates: readonly T[]): T | null {
    let best: T | null = null;
    for (const candidate of candidates) {
      if (best === null || this.isBefore(candidate.account, best.account)) best = candidate;
    }
    if (best !== null) this.noteTurn(best.account.id);
    return best;
  }

  private isBefore(a: UpstreamAccount, b: UpstreamAccount): boolean {
    if (a.priority !== b.priority) return a.priority < b.priority;
    const turns = (this.lastTurn.get(a.id) ?? 0) - (this.lastTurn.get(b.id) ?? 0);
    if (turns !== 0) return turns < 0;
    const age = (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0);
    return age === 0 ? a.id < b.id : age < 0;
  }

  private noteTurn(id: AccountId): void {
    this.turn += 1;
    // Re-inserted, so that the map stands in the order of turns and the oldest goes when accounts have come and gone.
    this.lastTurn.delete(id);
    this.lastTurn.set(id, this.turn);
    if (this.lastTurn.size <= MAX_REMEMBERED) return;
    const oldest = this.lastTurn.keys().next();
    if (oldest.done !== true) this.lastTurn.delete(oldest.value);
  }
}

/** Far more accounts than a pool has. */
const MAX_REMEMBERED = 100_000;
