import { Injectable } from '@nestjs/common';
import { JournalHealth } from '../core/journal/journal-health.js';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';
import { Clock } from '../core/time/clock.js';
import { SERVICE_VERSION } from '../core/version.js';
import { DrainState } from './drain-state.js';
import { StoreProbe } from './store-probe.js';

/** The state of this process and of what it depends on. */
@Injectable()
export class ServiceMetrics {
  constructor(metrics: MetricsRegistry, store: StoreProbe, journal: JournalHealth, drain: DrainState, clock: Clock) {
    const startedAt = clock.now();
    const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
      metrics.gauge({ name, help, labelNames: [] }, async (each) => {
        each.set(await read());
      });
    };
    metrics.gauge({ name: 'info', help: 'The version of this service', labelNames: ['version'] }, (each) => {
      each.set({ version: SERVICE_VERSION }, 1);
    });
    gauge('uptime_seconds', 'Since the process was started', () => (clock.now() - startedAt) / 1000);
    gauge('store_up', '1 while the store answers', async () => Number((await store.check()).isUp));
    gauge('journal_healthy', '1 while the journal of usage can be written', () => Number(journal.isHealthy));
    gauge('draining', '1 while the process is shutting down', () => Number(drain.isDraining));
    gauge('memory_rss_bytes', 'Resident memory of the process', () => process.memoryUsage.rss());
    gauge('cpu_seconds', 'Processor time that the process has used, of user and system', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
  }
}
