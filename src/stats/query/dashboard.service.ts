import { Injectable } from '@nestjs/common';
import { LiveRequests } from '@crs/extension-api';
import { Clock } from '../../core/time/clock.js';
import { SettlementQueue } from '../ledger/settlement-queue.js';
import type { Figures } from '../roll-up/figures.js';
import { DirectoryCounts, type StoredCounts } from './directory-counts.js';
import { type MinuteRates, MinuteRateRepository } from './minute-rate.repository.js';
import { SpanReader } from './span.reader.js';

export interface Dashboard extends StoredCounts {
  readonly at: Date;
  readonly liveRequests: number;
  readonly unsettledRequests: number;
  readonly rates: MinuteRates;
  readonly today: Figures;
}

/** Answers how the gateway is doing now. */
@Injectable()
export class DashboardService {
  constructor(
    private readonly spans: SpanReader,
    private readonly minutes: MinuteRateRepository,
    private readonly live: LiveRequests,
    private readonly settlements: SettlementQueue,
    private readonly counts: DirectoryCounts,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<Dashboard> {
    const now = this.clock.now();
    const unsettledRequests = this.settlements.backlog();
    const [rates, today, stored] = await Promise.all([
      this.minutes.read(now),
      this.spans.readToday(),
      this.counts.read(),
    ]);
    return { at: new Date(now), liveRequests: this.live.count(), unsettledRequests, rates, today, ...stored };
  }
}
