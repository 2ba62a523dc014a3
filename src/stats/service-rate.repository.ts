import { Inject, Injectable, Logger } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { replaceText } from '../core/settings/replace-text.script.js';
import { Clock } from '../core/time/clock.js';
import type { ServiceRates } from './pricing/service-rate.js';
import {
  decodeServiceRates,
  encodeServiceRates,
  findStoredRates,
  type ServiceRatesChange,
  type ServiceRateSettings,
} from './service-rates/service-rates.codec.js';

/** v1 keeps them that long in a process, so a change is felt everywhere after at most this time. */
const REMEMBERED_MS = 60_000;

/** The global rates of services, as v1 stores them: `{rates:{claude,codex,...},baseService,...}`. */
@Injectable()
export class ServiceRateRepository {
  private readonly logger = new Logger(ServiceRateRepository.name);
  private remembered: { readonly rates: ServiceRates; readonly until: number } | null = null;
  /** Counts what this process may have written, so that a reading that began before does not bring old rates back. */
  private writes = 0;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  /** The rates in force; while the store cannot be asked, the last ones that it told. */
  async getRates(): Promise<ServiceRates> {
    const { remembered, writes } = this;
    if (remembered !== null && this.clock.now() < remembered.until) return remembered.rates;
    try {
      const rates = this.readable(await this.store.get(keys.settings.serviceRates));
      if (writes === this.writes) this.remembered = { rates, until: this.clock.now() + REMEMBERED_MS };
      return rates;
    } catch (error: unknown) {
      if (remembered === null) throw error;
      return remembered.rates;
    }
  }

  /** What is stored now. */
  async find(): Promise<ServiceRateSettings> {
    return decodeServiceRates(await this.store.get(keys.settings.serviceRates));
  }

  /**
   * Changes what is stored; in force in this process at once. Null when somebody else has changed it meanwhile: nothing
   * was written.
   */
  async update(change: ServiceRatesChange, by: string): Promise<ServiceRateSettings | null> {
    const key = keys.settings.serviceRates;
    const text = await this.store.get(key);
    const next = encodeServiceRates(text, change, { at: new Date(this.clock.now()), by });
    try {
      return (await this.store.runScript(replaceText, [key], [text ?? '', next])) ? decodeServiceRates(next) : null;
    } finally {
      this.doubtRemembered();
    }
  }

  /** A write that failed may have been carried out all the same, so the store is asked again in any case. */
  private doubtRemembered(): void {
    this.writes += 1;
    if (this.remembered !== null) this.remembered = { ...this.remembered, until: 0 };
  }

  private readable(text: string | null): ServiceRates {
    const rates = findStoredRates(text);
    if (rates !== null) return rates;
    this.logger.warn({
      msg: 'The stored service rates cannot be read; real prices are booked',
      key: keys.settings.serviceRates,
    });
    return {};
  }
}
