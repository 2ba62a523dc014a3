import { SettlementBarrier } from '@crs/extension-api';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { HttpModule } from '../core/http/http.module.js';
import { Clock } from '../core/time/clock.js';
import { CostEstimator } from './cost-estimator.js';
import { DoctorController } from './doctor/doctor.controller.js';
import { UsageDoctorModule } from './doctor/usage-doctor.module.js';
import { KeyModelSearch } from './key-model-search.js';
import { KeyUsageRepository } from './key-usage.repository.js';
import { LivePrices } from './prices/live-prices.js';
import { PriceFile } from './prices/price-file.js';
import { PriceOverrideRepository } from './prices/price-override.repository.js';
import { PricesController } from './prices/prices.controller.js';
import { PricesService } from './prices/prices.service.js';
import { PriceBook } from './pricing/price-book.js';
import { PriceOverrides } from './pricing/price-override.js';
import { DayCorrection } from './recompute/day-correction.js';
import { RecomputeController } from './recompute/recompute.controller.js';
import { RecomputeRepository } from './recompute/recompute.repository.js';
import { RecomputeService } from './recompute/recompute.service.js';
import { RollUpEntries } from './roll-up/roll-up-entries.js';
import { RollUpReader } from './roll-up/roll-up.reader.js';
import { RollUpRepository } from './roll-up/roll-up.repository.js';
import { StoredRollUps } from './roll-up/stored-roll-ups.js';
import { V1Usage } from './roll-up/v1-usage.js';
import { V1UsageRepository } from './roll-up/v1-usage.repository.js';
import { BatchLookupService } from './self-service/batch-lookup.service.js';
import { KeyFinder } from './self-service/key-finder.js';
import { KeyLookupController } from './self-service/key-lookup.controller.js';
import { KeyLookupService } from './self-service/key-lookup.service.js';
import { LookupErrorRenderer } from './self-service/lookup-error.renderer.js';
import { lookupThrottling } from './self-service/lookup-throttling.js';
import { ModelRows } from './self-service/model-rows.js';
import { RecentRecordsRepository } from './self-service/recent-records.repository.js';
import { OpenAiSelfInfoController } from './self-service/openai-self-info.controller.js';
import { SelfInfoController } from './self-service/self-info.controller.js';
import { SelfInfoService } from './self-service/self-info.service.js';
import { ServiceRateRepository } from './service-rate.repository.js';
import { ServiceRatesController } from './service-rates/service-rates.controller.js';
import { ServiceRatesService } from './service-rates/service-rates.service.js';
import { StatsController } from './stats.controller.js';
import { StatsService } from './stats.service.js';
import { UsageInterceptor } from './ledger/usage.interceptor.js';
import { UsageRecorder } from './ledger/usage-recorder.js';
import { BatchDelivery } from './ledger/batch-delivery.js';
import { SettlementPricer } from './ledger/settlement-pricer.js';
import { SettlementQueue } from './ledger/settlement-queue.js';
import { SettlementReplay } from './ledger/settlement-replay.js';
import { StoreIdRepository } from './ledger/store-id.repository.js';
import { SettlementRepository } from './ledger/settlement.repository.js';
import { SettlementWatch } from './ledger/settlement-watch.js';
import { UsageMetricsSink } from './usage-metrics.sink.js';
import { UsageSinks } from './ledger/usage-sinks.js';

/**
 * What was used. Needs the store, the configuration, the time and an `ApiKeyDirectory` from global modules.
 */
@Module({
  imports: [
    DiscoveryModule,
    HttpModule,
    ThrottlerModule.forRootAsync({ useFactory: lookupThrottling, inject: [Clock] }),
    UsageDoctorModule,
  ],
  controllers: [
    DoctorController,
    KeyLookupController,
    OpenAiSelfInfoController,
    PricesController,
    RecomputeController,
    SelfInfoController,
    ServiceRatesController,
    StatsController,
  ],
  providers: [
    BatchDelivery,
    BatchLookupService,
    CostEstimator,
    DayCorrection,
    KeyFinder,
    KeyLookupService,
    KeyModelSearch,
    KeyUsageRepository,
    LookupErrorRenderer,
    LivePrices,
    ModelRows,
    PriceBook,
    PriceFile,
    PriceOverrideRepository,
    { provide: PriceOverrides, useExisting: LivePrices },
    PricesService,
    RecentRecordsRepository,
    RecomputeRepository,
    RecomputeService,
    { provide: RollUpReader, useClass: StoredRollUps },
    RollUpEntries,
    RollUpRepository,
    SelfInfoService,
    ServiceRateRepository,
    ServiceRatesService,
    StatsService,
    UsageInterceptor,
    UsageRecorder,
    SettlementPricer,
    SettlementQueue,
    { provide: SettlementBarrier, useExisting: SettlementQueue },
    SettlementReplay,
    StoreIdRepository,
    SettlementRepository,
    SettlementWatch,
    UsageMetricsSink,
    UsageSinks,
    V1Usage,
    V1UsageRepository,
  ],
  exports: [
    SettlementBarrier,
    SettlementQueue,
    CostEstimator,
    PriceBook,
    RollUpReader,
    StatsService,
    UsageInterceptor,
    UsageRecorder,
  ],
})
export class StatsModule {}
