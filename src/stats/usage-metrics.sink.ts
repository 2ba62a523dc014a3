import { type UsageRecord, type UsageSink, UsageSinkProvider } from '@crs/extension-api';
import type { Counter } from 'prom-client';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';

/** What this process has booked since it started. */
@UsageSinkProvider({ name: 'metrics' })
export class UsageMetricsSink implements UsageSink {
  private readonly tokens: Counter<'service' | 'class'>;
  private readonly cost: Counter<'service' | 'kind'>;

  constructor(metrics: MetricsRegistry) {
    this.tokens = metrics.counter({
      name: 'tokens_total',
      help: 'Booked tokens by service and class',
      labelNames: ['service', 'class'],
    });
    this.cost = metrics.counter({
      name: 'cost_usd_total',
      help: 'Booked cost in USD by service: real (as the upstream charges) and rated (as it counts against limits)',
      labelNames: ['service', 'kind'],
    });
  }

  take(records: readonly UsageRecord[]): Promise<void> {
    for (const { report, real, rated } of records) {
      const { service, usage } = report;
      this.tokens.inc({ service, class: 'input' }, usage.inputTokens);
      this.tokens.inc({ service, class: 'output' }, usage.outputTokens);
      this.tokens.inc({ service, class: 'cache_write' }, usage.cacheCreateTokens);
      this.tokens.inc({ service, class: 'cache_read' }, usage.cacheReadTokens);
      this.cost.inc({ service, kind: 'real' }, real.total);
      this.cost.inc({ service, kind: 'rated' }, rated.total);
    }
    return Promise.resolve();
  }
}
