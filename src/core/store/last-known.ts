import type { Clock } from '../time/clock.js';
import { RecentMap } from './recent-map.js';
import { StoreOutage } from './store-outage.js';

/** More are not remembered; the least recently used go first. */
export const MOST_REMEMBERED = 10_000;

/**
 * What this process was told last of each name, for the time that the store is away.
 *
 * @example
 * const members = await this.members.ask(groupId, () => this.store.smembers(key));
 */
export class LastKnown<T extends object | string> {
  private readonly known: RecentMap<T>;
  private readonly outage: StoreOutage;

  constructor(clock: Clock, most = MOST_REMEMBERED) {
    this.known = new RecentMap(most);
    this.outage = new StoreOutage(clock);
  }

  /**
   * What the store answers, null = there is nothing; while it is away, for at most a minute, what it answered last.
   * Rejects with the store's error where nothing is remembered.
   */
  async ask<A extends T | null>(name: string, question: () => Promise<A>): Promise<A | T> {
    try {
      const answer = await question();
      this.outage.end();
      this.note(name, answer);
      return answer;
    } catch (error: unknown) {
      this.outage.endure(error);
      const known = this.known.get(name);
      if (known === undefined) throw error;
      return known;
    }
  }

  /** What this process has just written; null = it is gone. */
  note(name: string, value: T | null): void {
    if (value === null) this.known.delete(name);
    else this.known.set(name, value);
  }
}
