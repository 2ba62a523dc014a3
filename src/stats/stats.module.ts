import { Module } from '@nestjs/common';
import { KeyUsageRepository } from './key-usage.repository.js';
import { PriceBook } from './pricing/price-book.js';
import { ServiceRateRepository } from './service-rate.repository.js';
import { StatsController } from './stats.controller.js';
import { StatsService } from './stats.service.js';
import { UsageInterceptor } from './usage.interceptor.js';
import { UsageRecorder } from './usage-recorder.js';
import { UsageRepository } from './usage.repository.js';

/**
 * What was used. Needs the store, the configuration, the time and an `ApiKeyDirectory` from global modules.
 */
@Module({
  controllers: [StatsController],
  providers: [
    KeyUsageRepository,
    PriceBook,
    ServiceRateRepository,
    StatsService,
    UsageInterceptor,
    UsageRecorder,
    UsageRepository,
  ],
  exports: [PriceBook, UsageInterceptor, UsageRecorder],
})
export class StatsModule {}
