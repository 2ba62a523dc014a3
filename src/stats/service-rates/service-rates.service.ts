import { ConflictException, Injectable } from '@nestjs/common';
import { ServiceRateRepository } from '../service-rate.repository.js';
import type { ServiceRatesChange, ServiceRateSettings } from './service-rates.codec.js';

/** How often a change is made again because somebody else has changed the rates in between. */
const MAX_ATTEMPTS = 10;

/** The global rates of services, as administrators change them. */
@Injectable()
export class ServiceRatesService {
  constructor(private readonly rates: ServiceRateRepository) {}

  get(): Promise<ServiceRateSettings> {
    return this.rates.find();
  }

  /** A change of nothing is not stored. @throws ConflictException */
  async update(change: ServiceRatesChange, by: string): Promise<ServiceRateSettings> {
    if (change !== null && Object.values(change).every((rate) => rate === undefined)) return this.get();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.rates.update(change, by);
      if (stored !== null) return stored;
    }
    throw new ConflictException('The service rates are being changed by others at the same time. Try again.');
  }
}
