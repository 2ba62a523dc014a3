import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { JournalHealth } from '../core/journal/journal-health.js';
import { Clock } from '../core/time/clock.js';
import { SERVICE_NAME, SERVICE_VERSION } from '../core/version.js';
import { DrainState } from './drain-state.js';
import type { HealthDto, LivenessDto } from './dto/health.dto.js';
import { StoreProbe } from './store-probe.js';

/** What can be told about the state of this process. */
@Injectable()
export class HealthService {
  private readonly startedAt: number;

  constructor(
    private readonly probe: StoreProbe,
    private readonly journal: JournalHealth,
    private readonly drain: DrainState,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.now();
  }

  async report(): Promise<Readonly<HealthDto>> {
    const { isUp, latencyMs, downSince } = await this.probe.check();
    const store = isUp ? 'healthy' : 'unhealthy';
    const journal = this.journal.isHealthy ? 'healthy' : 'degraded';
    const now = this.clock.now();
    const { heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      status: isUp ? journal : store,
      service: SERVICE_NAME,
      version: SERVICE_VERSION,
      timestamp: new Date(now).toISOString(),
      uptime: Math.floor((now - this.startedAt) / 1000),
      memory: { used: mebibytes(heapUsed), total: mebibytes(heapTotal), external: mebibytes(external) },
      components: {
        store: { status: store, latencyMs, downSince: downSince === null ? null : new Date(downSince).toISOString() },
        journal: { status: journal },
        redis: { status: store, connected: isUp },
        logger: { status: 'healthy' },
      },
    };
  }

  /** @throws ServiceUnavailableException when this process should get no new requests. */
  async requireReady(): Promise<Readonly<LivenessDto>> {
    if (this.drain.isDraining) throw new ServiceUnavailableException('This process is shutting down.');
    const { isUp } = await this.probe.check();
    if (!isUp) throw new ServiceUnavailableException('The store does not answer.');
    return { status: 'healthy' };
  }
}

/** As v1 writes it. */
function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)}MB`;
}
