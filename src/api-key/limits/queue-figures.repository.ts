import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOf, repliesOfRightType } from '../../core/store/batch-replies.js';

const COUNTERS_TTL_SECONDS = 7 * 86_400;
const WAITS_TTL_SECONDS = 86_400;
const WAITS_KEPT = 500;
const WAITS_OF_ALL_KEPT = 2000;

/** v1's names. */
const COUNTERS = ['entered', 'success', 'timeout', 'cancelled', 'rejected_overload'] as const;
export type QueueCounter = (typeof COUNTERS)[number];

export interface QueueFigures {
  readonly counters: Readonly<Record<QueueCounter, number>>;
  /** Milliseconds, newest first. */
  readonly waits: readonly number[];
}

/** What became of requests that waited, as v1 keeps it. */
@Injectable()
export class QueueFiguresRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** `waitedMs`: how long the wait took that has ended. */
  async count(keyId: string, counter: QueueCounter, waitedMs: number | null = null): Promise<void> {
    const counters = keys.limits.queueStats(keyId);
    await repliesOf(
      this.store.pipeline([
        ['hincrby', counters, counter, 1],
        ['expire', counters, COUNTERS_TTL_SECONDS],
        ...(waitedMs === null ? [] : addWait(keys.limits.queueWaits(keyId), waitedMs, WAITS_KEPT)),
        ...(waitedMs === null ? [] : addWait(keys.limits.queueWaitsOfAll, waitedMs, WAITS_OF_ALL_KEPT)),
      ]),
    );
  }

  /** Milliseconds, newest first. */
  async recentWaits(keyId: string, atMost: number): Promise<readonly number[]> {
    return toNumbers(await this.store.lrange(keys.limits.queueWaits(keyId), 0, atMost - 1));
  }

  async read(keyId: string): Promise<QueueFigures> {
    const [counted, waits] = await repliesOfRightType(
      this.store.pipeline([
        ['hmget', keys.limits.queueStats(keyId), ...COUNTERS],
        ['lrange', keys.limits.queueWaits(keyId), 0, WAITS_KEPT - 1],
      ]),
    );
    const texts = (counted ?? []) as readonly (string | null)[];
    const count = (name: QueueCounter): number => Number(texts[COUNTERS.indexOf(name)] ?? 0) || 0;
    return {
      counters: {
        entered: count('entered'),
        success: count('success'),
        timeout: count('timeout'),
        cancelled: count('cancelled'),
        rejected_overload: count('rejected_overload'),
      },
      waits: toNumbers((waits ?? []) as readonly string[]),
    };
  }
}

const addWait = (list: string, waitedMs: number, kept: number): StoreCommand[] => [
  ['lpush', list, String(Math.round(waitedMs))],
  ['ltrim', list, 0, kept - 1],
  ['expire', list, WAITS_TTL_SECONDS],
];

const toNumbers = (texts: readonly string[]): number[] => texts.map(Number).filter(Number.isFinite);
