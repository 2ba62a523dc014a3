import { Module } from '@nestjs/common';
import { DrainState } from './drain-state.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { ServiceMetrics } from './service-metrics.js';
import { StoreProbe } from './store-probe.js';

/** Whether the service is up, and whether it should get new requests. */
@Module({
  controllers: [HealthController, MetricsController],
  providers: [DrainState, HealthService, ServiceMetrics, StoreProbe],
})
export class HealthModule {}
