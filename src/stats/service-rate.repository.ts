import { Inject, Injectable, Logger } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Clock } from '../core/time/clock.js';
import type { ServiceRates } from './pricing/service-rate.js';

/** v1 keeps them that long in a process, so a change is felt everywhere after at most this time. */
const REMEMBERED_MS = 60_000;

/** The global rates of services, as v1 stores them: `{rates:{claude,codex,...},baseService,...}`. */
@Injectable()
export class ServiceRateRepository {
  private readonly logger = new Logger(ServiceRateRepository.name);
  private remembered: { readonly rates: ServiceRates; readonly until: number } | null = null;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  /** The rates in force; while the store cannot be asked, the last ones that it told. */
  async getRates(): Promise<ServiceRates> {
    const { remembered } = this;
    if (remembered !== null && this.clock.now() < remembered.until) return remembered.rates;
    try {
      const rates = this.parse(await this.store.get(keys.settings.serviceRates));
      this.remembered = { rates, until: this.clock.now() + REMEMBERED_MS };
      return rates;
    } catch (error: unknown) {
      if (remembered === null) throw error;
      return remembered.rates;
    }
  }

  private parse(text: string | null): ServiceRates {
    if (text === null) return {};
    try {
      const stored = JSON.parse(text) as { readonly rates?: unknown } | null;
      if (typeof stored?.rates === 'object' && stored.rates !== null) return stored.rates as ServiceRates;
    } catch {
      // Told below: text that is no JSON and JSON without rates are the same to the admin.
    }
    this.logger.warn({
      msg: 'The stored service rates cannot be read; real prices are booked',
      key: keys.settings.serviceRates,
    });
    return {};
  }
}
