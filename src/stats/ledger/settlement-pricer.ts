import { Injectable, Logger } from '@nestjs/common';
import type { Settlement, UsageRecord, UsageReport, WastedAttempt, WasteRecord } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import { isOver } from '../../core/time/is-over.js';
import { rejectedAfter } from '../bounded-wait.js';
import { boundedModelName, countedModelName } from '../model-name.js';
import { costOf } from '../pricing/cost.js';
import { PriceBook } from '../pricing/price-book.js';
import { serviceRateOf, type ServiceRates } from '../pricing/service-rate.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { countableUsage } from './usage-counters.js';
import { priced } from './usage-record.js';

/** The last bytes of an answer wait for the rates; a store that is away is not asked again by each of them. */
const RATES_WAIT_MS = 250;
const ASK_AGAIN_MS = 5000;

/** What one client request leaves, before it is priced. */
export interface EndedRequest {
  readonly requestId: string;
  readonly report: UsageReport | null;
  readonly waste: readonly WastedAttempt[];
}

/** Prices what requests used, once, with the prices and rates in force. */
@Injectable()
export class SettlementPricer {
  private readonly logger = new Logger(SettlementPricer.name);
  private lastRates: ServiceRates | null = null;
  private askAgainAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly prices: PriceBook,
    private readonly rates: ServiceRateRepository,
    private readonly clock: Clock,
  ) {}

  /** Never rejects, and waits a quarter of a second at most: without the store the last known rates count. */
  async price({ requestId, report, waste }: EndedRequest): Promise<Settlement> {
    const rates = report === null ? {} : await this.ratesInForce();
    return {
      requestId,
      record: report === null ? null : this.recordOf(report, rates),
      waste: waste.map((attempt) => this.wasteOf(attempt)),
    };
  }

  private recordOf(report: UsageReport, rates: ServiceRates): UsageRecord {
    const counted = { ...report, model: boundedModelName(report.model), usage: countableUsage(report.usage) };
    const cost = this.costOf(counted);
    return priced(counted, cost.breakdown, serviceRateOf(report.service, rates, report.keyServiceRates), cost);
  }

  private wasteOf(wasted: WastedAttempt): WasteRecord {
    const attempt = { ...wasted, model: boundedModelName(wasted.model), usage: countableUsage(wasted.usage) };
    return { attempt, real: this.costOf(attempt).breakdown };
  }

  private costOf(used: UsageReport | WastedAttempt): ReturnType<typeof costOf> {
    const model = countedModelName(used.model);
    const cost = costOf({ ...used, model }, this.prices.findPrices(model, used.at));
    if (cost.usedFallbackPricing) {
      this.logger.warn({ msg: 'No price is known for a model; it is booked at the fallback price', model });
    }
    return cost;
  }

  private async ratesInForce(): Promise<ServiceRates> {
    const now = this.clock.now();
    if (isOver(now, this.askAgainAt, ASK_AGAIN_MS)) {
      try {
        this.lastRates = await rejectedAfter(this.rates.getRates(), RATES_WAIT_MS);
      } catch (error: unknown) {
        this.askAgainAt = now + ASK_AGAIN_MS;
        if (this.lastRates === null) {
          this.logger.warn({ msg: 'The service rates are not known; real prices are booked', error: String(error) });
        }
      }
    }
    return this.lastRates ?? {};
  }
}
