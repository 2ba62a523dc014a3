import type { AccountId, UpstreamAccount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';

/**
 * Picks among available accounts: the lowest priority number first, round robin inside one priority. Round robin is
 * "the one whose turn was longest ago", which stays fair while accounts come, go and are left out. Order within one
 * process only: each instance takes turns by itself.
 */
@Injectable()
export class LoadBalancer {
  private turn = 0;
  /** One small entry per account that has ever had a turn in this process; accounts are made by hand. */
  private readonly lastTurn = new Map<AccountId, number>();

  /** The best, or null when there is no candidate. The pick counts as the account's turn. */
  pick<T extends { readonly account: UpstreamAccount }>(candidates: readonly T[]): T | null {
    let best: T | null = null;
    for (const candidate of candidates) {
      if (best === null || this.compare(candidate.account, best.account) < 0) best = candidate;
    }
    if (best !== null) this.noteTurn(best.account);
    return best;
  }

  /** All of them, the best first. Nobody's turn is used up. */
  rank<T extends { readonly account: UpstreamAccount }>(candidates: readonly T[]): T[] {
    return [...candidates].sort((a, b) => this.compare(a.account, b.account));
  }

  /** Begins with the same turns, and takes its own from now on. */
  copy(): LoadBalancer {
    const copy = new LoadBalancer();
    copy.turn = this.turn;
    for (const [id, turn] of this.lastTurn) copy.lastTurn.set(id, turn);
    return copy;
  }

  /** The account has its turn now. */
  noteTurn({ id }: UpstreamAccount): void {
    this.lastTurn.set(id, (this.turn += 1));
  }

  private compare(a: UpstreamAccount, b: UpstreamAccount): number {
    return (
      a.priority - b.priority ||
      (this.lastTurn.get(a.id) ?? 0) - (this.lastTurn.get(b.id) ?? 0) ||
      (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0) ||
      (a.id < b.id ? -1 : 1)
    );
  }
}
