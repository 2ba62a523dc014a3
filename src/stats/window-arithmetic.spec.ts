import { expect, it } from '@jest/globals';
import { NO_TOKENS, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import fc from 'fast-check';
import { Bookkeeper } from '../../test/support/booking.js';
import { describeOnEachStore } from '../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../test/support/test-usage-report.js';
import type { UsageRecord } from '@crs/extension-api';
const MINUTES = 10;
const LENGTH_MS = MINUTES * 60_000;
const T0 = Date.parse('2026-11-23T04:00:00Z');

/** Admission (re)starts the window, requests end and are booked; many of them in the same or the neighbouring ms of an end. */
type Step =
  | { readonly kind: 'start'; readonly at: number }
  | { readonly kind: 'book'; readonly at: number; readonly tokens: number; readonly rate: number };

const instant = fc.oneof(
  fc.integer({ min: 0, max: 4 * LENGTH_MS }),
  fc.tuple(fc.nat(3), fc.constantFrom(-1, 0, 1)).map(([windows, ms]) => windows * LENGTH_MS + ms),
);
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('start' as const), at: instant }),
      fc.record({
        kind: fc.constant('book' as const),
        at: instant,
        tokens: fc.nat(100_000),
        rate: fc.constantFrom(1, 2.5),
      }),
    ),
    { maxLength: 12 },
  )
  .map((unordered) => unordered.toSorted((a, b) => a.at - b.at));

/** The window as plain numbers. */
class WindowModel {
  private startedAt: number | null = null;
  tokens = 0;
  usd = 0;

  start(at: number): void {
    if (this.isRunning(at)) return;
    this.startedAt = at;
    this.tokens = 0;
    this.usd = 0;
  }

  book(at: number, tokens: number, usd: number): void {
    if (!this.isRunning(at)) return;
    this.tokens += tokens;
    this.usd += usd;
  }

  /** From its start to the last ms before its length has passed. */
  isRunning(at: number): boolean {
    return this.startedAt !== null && at - this.startedAt < LENGTH_MS;
  }
}

describeOnEachStore('the window of a key', (storeOfCase) => {
  it('counts tokens and cost of what ends while it is running, to its last millisecond', async () => {
    const store = storeOfCase();
    const sut = new Bookkeeper(store);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        run += 1;
        const keyId = `key-${run}` as UsageReport['keyId'];
        const model = new WindowModel();
        for (const [i, step] of sequence.entries()) {
          const at = T0 + step.at;
          if (step.kind === 'start') {
            if (!model.isRunning(at)) await startWindow(store, keyId, at);
            model.start(at);
            continue;
          }
          const usage = usageOf(keyId, `req-${run}-${i}`, at, step);
          await sut.book(usage);
          model.book(at, step.tokens, usage.rated.total);
        }
        const [tokens, cost] = await store.mget(keys.limits.windowTokens(keyId), keys.limits.windowCost(keyId));
        expect(Number(tokens)).toBe(model.tokens);
        expect(Number(cost)).toBeCloseTo(model.usd, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('counts a late booking of a request that ended before it began: rather once too often than never', async () => {
    const store = storeOfCase();
    const sut = new Bookkeeper(store);
    const { keyId } = testUsageReport();
    await startWindow(store, keyId, T0);
    await sut.book(usageOf(keyId, 'req-1', T0 - 1, { tokens: 7, rate: 1 }));
    await expect(store.get(keys.limits.windowTokens(keyId))).resolves.toBe('7');
  });
});

function usageOf(
  keyId: UsageReport['keyId'],
  requestId: string,
  at: number,
  { tokens, rate }: { readonly tokens: number; readonly rate: number },
): UsageRecord {
  const usage = { ...NO_TOKENS, inputTokens: tokens };
  const change = { keyId, requestId, at: new Date(at), usage, rateLimitWindowMinutes: MINUTES };
  return testPricedUsage(testUsageReport(change), rate);
}

/** What admission writes with the first request of a window. */
async function startWindow(store: StoreClient, keyId: string, at: number): Promise<void> {
  await store.set(keys.limits.windowStart(keyId), String(at), 'PX', LENGTH_MS);
  await store.set(keys.limits.windowRequests(keyId), '1', 'PX', LENGTH_MS);
  await store.set(keys.limits.windowTokens(keyId), '0', 'PX', LENGTH_MS);
  await store.set(keys.limits.windowCost(keyId), '0', 'PX', LENGTH_MS);
}
