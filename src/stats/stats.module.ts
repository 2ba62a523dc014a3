import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { HttpModule } from '../core/http/http.module.js';
import { Clock } from '../core/time/clock.js';
import { CostEstimator } from './cost-estimator.js';
import { KeyModelSearch } from './key-model-search.js';
import { KeyUsageRepository } from './key-usage.repository.js';
import { PriceBook } from './pricing/price-book.js';
import { BatchLookupService } from './self-service/batch-lookup.service.js';
import { KeyFinder } from './self-service/key-finder.js';
import { KeyLookupController } from './self-service/key-lookup.controller.js';
import { KeyLookupService } from './self-service/key-lookup.service.js';
import { LookupErrorRenderer } from './self-service/lookup-error.renderer.js';
import { lookupThrottling } from './self-service/lookup-throttling.js';
import { ModelRows } from './self-service/model-rows.js';
import { RecentRecordsRepository } from './self-service/recent-records.repository.js';
import { SelfInfoController } from './self-service/self-info.controller.js';
import { SelfInfoService } from './self-service/self-info.service.js';
import { ServiceRateRepository } from './service-rate.repository.js';
import { ServiceRatesController } from './service-rates/service-rates.controller.js';
import { ServiceRatesService } from './service-rates/service-rates.service.js';
import { StatsController } from './stats.controller.js';
import { StatsService } from './stats.service.js';
import { UsageInterceptor } from './usage.interceptor.js';
import { UsageRecorder } from './usage-recorder.js';
import { UsageRepository } from './usage.repository.js';

/**
 * What was used. Needs the store, the configuration, the time and an `ApiKeyDirectory` from global modules.
 */
@Module({
  imports: [HttpModule, ThrottlerModule.forRootAsync({ useFactory: lookupThrottling, inject: [Clock] })],
  controllers: [KeyLookupController, SelfInfoController, ServiceRatesController, StatsController],
  providers: [
    BatchLookupService,
    CostEstimator,
    KeyFinder,
    KeyLookupService,
    KeyModelSearch,
    KeyUsageRepository,
    LookupErrorRenderer,
    ModelRows,
    PriceBook,
    RecentRecordsRepository,
    SelfInfoService,
    ServiceRateRepository,
    ServiceRatesService,
    StatsService,
    UsageInterceptor,
    UsageRecorder,
    UsageRepository,
  ],
  exports: [CostEstimator, PriceBook, UsageInterceptor, UsageRecorder],
})
export class StatsModule {}
