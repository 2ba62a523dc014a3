import type { ServiceName } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { Clock } from '../core/time/clock.js';
import { countedModelName } from './model-name.js';
import { MOST_MICRO_USD } from './pricing/cost.js';
import { fallbackPrices } from './pricing/fallback-prices.js';
import { PriceBook } from './pricing/price-book.js';
import { serviceRateOf, type ServiceRates } from './pricing/service-rate.js';
import { ServiceRateRepository } from './service-rate.repository.js';

export interface EstimateRequest {
  /** As the client named it. */
  readonly model: string;
  readonly bodyBytes: number;
  readonly service: ServiceName;
  readonly keyServiceRates: ServiceRates;
}

/** Whole numbers, at least 1. */
export interface CostEstimate {
  /** Rated. */
  readonly microUsd: number;
  readonly tokens: number;
}

const BYTES_PER_TOKEN = 4;

/** Says what a request is taken to cost as long as nobody has seen what such requests cost. */
@Injectable()
export class CostEstimator {
  constructor(
    private readonly prices: PriceBook,
    private readonly rates: ServiceRateRepository,
    private readonly clock: Clock,
  ) {}

  /** Its bytes as input tokens, at the price and rate of the moment. Never rejects. */
  async firstEstimate(request: EstimateRequest): Promise<CostEstimate> {
    const model = countedModelName(request.model);
    const prices = this.prices.findPrices(model, new Date(this.clock.now())) ?? fallbackPrices(model);
    const rate = serviceRateOf(request.service, await this.readGlobalRates(), request.keyServiceRates);
    const tokens = Math.max(1, Math.ceil(request.bodyBytes / BYTES_PER_TOKEN));
    // So many USD per million tokens are so many micro-USD per token.
    const microUsd = Math.round(tokens * prices.standard.input * rate);
    return { microUsd: Math.min(Math.max(1, microUsd), MOST_MICRO_USD), tokens };
  }

  /** An estimate may be off; whether requests are let through without the store is for admission to say. */
  private async readGlobalRates(): Promise<ServiceRates> {
    try {
      return await this.rates.getRates();
    } catch {
      return {};
    }
  }
}
