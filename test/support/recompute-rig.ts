import { type ApiKeySummary, toAccountId, toApiKeyId, type UsageReport } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Zone } from '../../src/core/time/zone.js';
import { BookedKeysRepository } from '../../src/stats/booked-keys.repository.js';
import { SettlementRepository } from '../../src/stats/ledger/settlement.repository.js';
import { priced } from '../../src/stats/ledger/usage-record.js';
import { costOf } from '../../src/stats/pricing/cost.js';
import { PriceBook } from '../../src/stats/pricing/price-book.js';
import { type FoundOverride, type PriceOverride, PriceOverrides } from '../../src/stats/pricing/price-override.js';
import { DayCorrection } from '../../src/stats/recompute/day-correction.js';
import { RecomputeRepository } from '../../src/stats/recompute/recompute.repository.js';
import {
  type RecomputeRequest,
  type RecomputeResult,
  RecomputeService,
} from '../../src/stats/recompute/recompute.service.js';
import { RollUpRepository } from '../../src/stats/roll-up/roll-up.repository.js';
import { ServiceRateRepository } from '../../src/stats/service-rate.repository.js';
import { KnownKeys } from './known-keys.js';
import { dumpStore } from './store-dump.js';
import { TestClock } from './test-clock.js';
import { testConfig } from './test-config.js';
import { testKeySummary } from './test-key-summary.js';
import { testUsageReport } from './test-usage-report.js';

export const DAY = '2026-11-23';
export const MONTH = '2026-11';
const AT = new Date('2026-11-23T04:05:00.678Z');
export const ADA = toApiKeyId('30144e38-6515-4949-a4b8-0e3db27a30f2');
export const BEN = toApiKeyId('30144e38-6515-4949-a4b8-0e3db27a30f3');
export const EAST = toAccountId('799e2112-a6d8-4c77-9f9f-c408f3d18922');
export const WEST = toAccountId('799e2112-a6d8-4c77-9f9f-c408f3d18923');
export const SONNET = 'claude-sonnet-4-5-20250929';

/** Prices that a test sets, in force on every day. */
class TestOverrides extends PriceOverrides {
  private readonly prices = new Map<string, PriceOverride>();
  override version = 0;

  override find(model: string): FoundOverride | null {
    const prices = this.prices.get(model);
    return prices === undefined ? null : { source: 'override', prices };
  }

  set(model: string, input: number, output: number): void {
    this.prices.set(model, {
      ...{ from: null, input, output, cacheWrite: null, cacheWrite1h: null, cacheRead: null },
      ...{ longContext: null, fastMultiplier: null, priorityMultiplier: null },
    });
    this.version += 1;
  }

  unset(model: string): void {
    this.prices.delete(model);
    this.version += 1;
  }
}

/** Books requests as the gateway does and prices them again. */
export class RecomputeRig {
  readonly overrides = new TestOverrides();
  readonly repository: RecomputeRepository;
  readonly sut: RecomputeService;
  private readonly book = new PriceBook(this.overrides);
  private readonly known = new KnownKeys();
  private readonly settlements: SettlementRepository;
  private batches = 0;

  constructor(readonly store: StoreClient) {
    const config = testConfig();
    const zone = new Zone(config);
    const clock = new TestClock(AT.getTime());
    const rates = new ServiceRateRepository(store, clock);
    this.settlements = new SettlementRepository(store, zone, config);
    this.repository = new RecomputeRepository(store, new RollUpRepository(store));
    const days = new DayCorrection(this.repository, this.book, rates, this.known, zone);
    this.sut = new RecomputeService(this.repository, days, new BookedKeysRepository(store), zone, clock);
    this.know(testKeySummary({ id: ADA }));
    this.know(testKeySummary({ id: BEN }));
  }

  know(key: ApiKeySummary): void {
    this.known.bySecret.set(key.id, key);
  }

  /** A request, priced as it would be now. */
  async use(change: Partial<UsageReport> = {}, rate = 1): Promise<void> {
    this.batches += 1;
    const report = testUsageReport({
      requestId: `req-${this.batches}`,
      at: AT,
      keyId: ADA,
      accountId: EAST,
      ...change,
    });
    const cost = costOf(report, this.book.findPrices(report.model, report.at));
    const record = priced(report, cost.breakdown, rate, cost);
    await this.settlements.settle({
      instance: 'test',
      number: this.batches,
      settlements: [{ requestId: report.requestId, record, waste: [] }],
    });
  }

  dryRun(more: Partial<RecomputeRequest> = {}): Promise<RecomputeResult> {
    return this.sut.recompute({ from: DAY, to: DAY, dryRun: true, ...more }, 'ada');
  }

  apply(more: Partial<RecomputeRequest> = {}): Promise<RecomputeResult> {
    return this.sut.recompute({ from: DAY, to: DAY, dryRun: false, ...more }, 'ada');
  }

  /** What the store holds, without what a test cannot compare: times to live, and digits of sums beyond the micro-USD. */
  async dump(): Promise<Record<string, unknown>> {
    const dump = await dumpStore(this.store);
    return Object.fromEntries(
      Object.entries(dump).map(([key, { type, value }]) => [
        key,
        type === 'string' && key.startsWith('usage:') ? Number(value).toFixed(8) : value,
      ]),
    );
  }

  /** Real and rated micro-USD and unpriced requests of packed figures. */
  async costs(hash: string, field: string): Promise<readonly number[]> {
    const figures = ((await this.store.hget(hash, field)) ?? '').split(' ').map(Number);
    return [figures[7] ?? NaN, figures[8] ?? NaN, figures[10] ?? NaN];
  }

  /** The same of everything that sums a day or a month. */
  async sums(grain: 'day' | 'month'): Promise<Record<string, readonly number[]>> {
    const period = grain === 'day' ? DAY : MONTH;
    const { rollUp } = keys.usage;
    const sumOf = async (hashes: readonly string[]): Promise<readonly number[]> => {
      const all = await Promise.all(hashes.map((hash) => this.store.hgetall(hash)));
      const rows = all.flatMap((fields) => Object.values(fields)).map((text) => text.split(' ').map(Number));
      return [7, 8, 10].map((at) => rows.reduce((sum, row) => sum + (row[at] ?? NaN), 0));
    };
    return {
      byModel: await sumOf([rollUp.totals(grain, period, 'model')]),
      byKey: await sumOf([rollUp.totals(grain, period, 'key')]),
      byAccount: await sumOf([rollUp.totals(grain, period, 'account')]),
      ofKeys: await sumOf([ADA, BEN].map((id) => rollUp.keyModels(grain, period, id))),
      ofAccounts: await sumOf([EAST, WEST].map((id) => rollUp.accountModels(grain, period, id))),
    };
  }
}
