import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Clock } from '../time/clock.js';

/** What the throttler wants to know after an attempt. */
type Verdict = Awaited<ReturnType<ThrottlerStorage['increment']>>;

const MAX_ADDRESSES = 10_000;

/**
 * Counts the attempts of each address in any span of the given length, in memory. At most 10000 addresses are
 * remembered, the most recent ones, so that attempts from ever new addresses cannot fill the memory.
 */
export class RecentAttempts implements ThrottlerStorage {
  private readonly attempts = new Map<string, readonly number[]>();

  constructor(private readonly clock: Clock) {}

  async increment(key: string, ttlMs: number, limit: number): Promise<Verdict> {
    const now = this.clock.now();
    const recent = this.attemptsSince(key, now - ttlMs);
    const isBlocked = recent.length >= limit;
    const counted = isBlocked ? recent : [...recent, now];
    this.remember(key, counted);
    const secondsLeft = secondsToExpire(counted, ttlMs, now);
    return {
      totalHits: counted.length,
      timeToExpire: secondsLeft,
      isBlocked,
      timeToBlockExpire: isBlocked ? secondsLeft : 0,
    };
  }

  /** Seconds until another attempt would be admitted, 0 when it would be now. Counts nothing. */
  secondsBlocked(key: string, ttlMs: number, limit: number): number {
    const now = this.clock.now();
    const recent = this.attemptsSince(key, now - ttlMs);
    return recent.length >= limit ? secondsToExpire(recent, ttlMs, now) : 0;
  }

  private attemptsSince(key: string, atMs: number): readonly number[] {
    return (this.attempts.get(key) ?? []).filter((at) => at > atMs);
  }

  /** Moves the address to the end of the map, whose first entry is therefore the one that was quiet the longest. */
  private remember(key: string, attempts: readonly number[]): void {
    this.attempts.delete(key);
    this.attempts.set(key, attempts);
    for (const oldest of this.attempts.keys()) {
      if (this.attempts.size <= MAX_ADDRESSES) return;
      this.attempts.delete(oldest);
    }
  }
}

/** A clock that was set back must not make anybody wait longer than the span. */
const secondsToExpire = (attempts: readonly number[], ttlMs: number, now: number): number =>
  Math.ceil((Math.min(now, ...attempts) + ttlMs - now) / 1000);
