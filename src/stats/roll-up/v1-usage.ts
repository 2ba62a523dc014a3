import { Injectable } from '@nestjs/common';
import type { RollUpGrain } from '@crs/store';
import type { Period } from '../../core/time/zone.js';
import { modelFiguresOf, type PriceTokens } from '../key-figures.js';
import { costOfTier, toMicroUsd } from '../pricing/cost.js';
import { PriceBook } from '../pricing/price-book.js';
import { type Figures, NO_FIGURES } from './figures.js';
import type { UsageEntry } from './usage-entry.js';
import { type V1Counters, V1UsageRepository, type V1UsageFilter } from './v1-usage.repository.js';

/** Tells what v1 counted as figures: tokens without a stored cost are priced as they were at that time. */
@Injectable()
export class V1Usage {
  constructor(
    private readonly repository: V1UsageRepository,
    private readonly prices: PriceBook,
  ) {}

  async read(
    grain: RollUpGrain,
    period: Period,
    filter: V1UsageFilter,
    signal: AbortSignal,
  ): Promise<readonly UsageEntry[]> {
    const price = this.pricesAt(new Date(period.startsAt));
    const counters = await this.repository.read(grain, period, filter, signal);
    return counters.map((found) => ({ owner: found.owner, model: found.model, figures: figuresIn(found, price) }));
  }

  /** See `V1UsageRepository.countRequests`. */
  countRequests(
    grain: 'day' | 'month',
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (number | null)[]> {
    return this.repository.countRequests(grain, periods, signal);
  }

  /** At the standard prices: the sum of many requests is no long prompt. */
  private pricesAt(at: Date): PriceTokens {
    return (model, usage) => costOfTier(model, usage, this.prices.findPrices(model, at), '');
  }
}

function figuresIn({ model, hash }: V1Counters, price: PriceTokens): Figures {
  const found = modelFiguresOf(model, hash, price);
  return {
    ...NO_FIGURES,
    requests: found.requests,
    inputTokens: found.inputTokens,
    outputTokens: found.outputTokens,
    cacheCreateTokens: found.cacheCreateTokens,
    cacheReadTokens: found.cacheReadTokens,
    ephemeral5mTokens: found.ephemeral5mTokens,
    ephemeral1hTokens: found.ephemeral1hTokens,
    realMicroUsd: toMicroUsd(found.realCostUsd),
    ratedMicroUsd: toMicroUsd(found.costUsd),
  };
}
