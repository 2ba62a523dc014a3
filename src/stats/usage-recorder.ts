import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { UsageReport } from '@crs/extension-api';
import { pause, rejectedAfter, settledWithin } from './bounded-wait.js';
import { costOf } from './pricing/cost.js';
import { PriceBook } from './pricing/price-book.js';
import { serviceRateOf } from './pricing/service-rate.js';
import { ServiceRateRepository } from './service-rate.repository.js';
import { countedModelName } from './model-name.js';
import { countableUsage } from './usage-counters.js';
import { priced, type PricedUsage } from './usage-record.js';
import { UsageRepository } from './usage.repository.js';

/** The last bytes of an answer wait for its booking, but not longer. */
const ANSWER_WAIT_MS = 2000;
/** A store that says nothing for so long is tried again; booking twice is harmless. */
const ATTEMPT_MS = 10_000;
/** Pauses between attempts, about four minutes with the attempts: well within the life of the repository's marker. */
const PAUSES_MS: readonly number[] = [500, 1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000];
const MOST_PENDING = 10_000;
const SHUTDOWN_WAIT_MS = 5000;

/** A report on its way into the store. */
interface Pending {
  readonly report: UsageReport;
  readonly done: Promise<void>;
}

/** Prices what a request used, once, and has it booked, exactly once, without holding the answer hostage. */
@Injectable()
export class UsageRecorder implements OnApplicationShutdown {
  private readonly logger = new Logger(UsageRecorder.name);
  private readonly pending = new Set<Pending>();
  private readonly closing = new AbortController();

  constructor(
    private readonly repository: UsageRepository,
    private readonly rates: ServiceRateRepository,
    private readonly prices: PriceBook,
  ) {}

  /**
   * Resolves when the usage is in the store, or after two seconds; then it goes on in the background. Never rejects:
   * what cannot be booked in the end is logged with its figures.
   */
  async record(report: UsageReport): Promise<void> {
    if (this.pending.size >= MOST_PENDING) {
      this.logger.error({ msg: 'Usage was not booked: too much of it is waiting for the store', ...figuresOf(report) });
      return;
    }
    const booking: Pending = { report, done: this.bookInTheEnd({ ...report, usage: countableUsage(report.usage) }) };
    this.pending.add(booking);
    void booking.done.finally(() => this.pending.delete(booking));
    await settledWithin(booking.done, ANSWER_WAIT_MS);
  }

  /** Everything that still waits gets its last attempts at once. */
  async onApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await settledWithin(Promise.all([...this.pending].map(({ done }) => done)), SHUTDOWN_WAIT_MS);
    for (const { report } of this.pending) {
      this.logger.error({ msg: 'Usage was not booked before the shutdown', ...figuresOf(report) });
    }
  }

  private async bookInTheEnd(report: UsageReport): Promise<void> {
    let usage: PricedUsage | null = null;
    for (const pauseMs of [...PAUSES_MS, null]) {
      try {
        usage ??= await rejectedAfter(this.priceOf(report), ATTEMPT_MS);
        await this.book(usage);
        return;
      } catch (error: unknown) {
        const facts = { ...figuresOf(report), costUsd: usage?.rated.total, error: messageOf(error) };
        if (pauseMs === null) {
          this.logger.error({ msg: 'Usage was not booked: the store did not take it', ...facts });
          return;
        }
        this.logger.warn({ msg: 'Usage is not booked yet and will be tried again', pauseMs, ...facts });
        await pause(pauseMs, this.closing.signal);
      }
    }
  }

  private async book(usage: PricedUsage): Promise<void> {
    const result = await rejectedAfter(this.repository.book(usage), ATTEMPT_MS);
    if (result.kind === 'booked' && result.refusedWrites > 0) {
      this.logger.error({
        msg: 'Some counters were left out: their keys hold values of another type',
        refusedWrites: result.refusedWrites,
        ...figuresOf(usage.report),
      });
    }
  }

  private async priceOf(report: UsageReport): Promise<PricedUsage> {
    const rate = serviceRateOf(report.service, await this.rates.getRates(), report.keyServiceRates);
    const model = countedModelName(report.model);
    const cost = costOf({ ...report, model }, this.prices.findPrices(model, report.at));
    if (cost.usedFallbackPricing) {
      this.logger.warn({ msg: 'No price is known for a model; it is booked at the fallback price', model });
    }
    return priced(report, cost.breakdown, rate, cost.usedFallbackPricing);
  }
}

/** What was used, for the log: no secret, no text of the request. */
const figuresOf = ({ requestId, at, keyId, accountId, model, usage }: UsageReport): object => ({
  requestId,
  at: at.toISOString(),
  keyId,
  accountId,
  model,
  usage,
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
