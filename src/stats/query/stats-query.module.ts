import { Module } from '@nestjs/common';
import { HttpModule } from '../../core/http/http.module.js';
import { StatsModule } from '../stats.module.js';
import { DashboardService } from './dashboard.service.js';
import { DirectoryCounts } from './directory-counts.js';
import { KeyUsageController } from './key-usage.controller.js';
import { KeyUsageService } from './key-usage.service.js';
import { MinuteRateRepository } from './minute-rate.repository.js';
import { RankingService } from './ranking.service.js';
import { SpanReader } from './span.reader.js';
import { SubjectNames } from './subject-names.js';
import { TrendService } from './trend.service.js';
import { UsageQueryService } from './usage-query.service.js';
import { UsageRecordListRepository } from './usage-record-list.repository.js';
import { UsageStatsController } from './usage-stats.controller.js';

/**
 * The statistics that administrators ask for. Needs `ApiKeyNames`, `AccountNames` and `LiveRequests` from global modules,
 * beside what `StatsModule` needs.
 */
@Module({
  imports: [HttpModule, StatsModule],
  controllers: [KeyUsageController, UsageStatsController],
  providers: [
    DashboardService,
    DirectoryCounts,
    KeyUsageService,
    MinuteRateRepository,
    RankingService,
    SpanReader,
    SubjectNames,
    TrendService,
    UsageQueryService,
    UsageRecordListRepository,
  ],
})
export class StatsQueryModule {}
