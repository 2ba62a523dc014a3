import { Injectable } from '@nestjs/common';
import { LiveRequests } from '@crs/extension-api';
import type { Counter, Histogram } from 'prom-client';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';
import type { RequestEntry } from './requests/request-entry.js';

const DURATION_BUCKETS_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const NO_ANSWER = 'none';

/** What became of relayed requests, and of the attempts behind them, since the process has started. */
@Injectable()
export class RelayMetrics {
  private readonly requests: Counter<'endpoint' | 'end' | 'status'>;
  private readonly attempts: Counter<'platform' | 'result' | 'mark'>;
  private readonly durations: Histogram<'endpoint'>;

  constructor(metrics: MetricsRegistry, live: LiveRequests) {
    this.requests = metrics.counter({
      name: 'requests_total',
      help: 'Relayed requests that have ended, by endpoint, by how they ended and by the status that the client got',
      labelNames: ['endpoint', 'end', 'status'],
    });
    this.attempts = metrics.counter({
      name: 'attempts_total',
      help: 'Attempts with upstream accounts, by platform, result, and the mark that they left on the account',
      labelNames: ['platform', 'result', 'mark'],
    });
    this.durations = metrics.histogram(
      {
        name: 'request_duration_seconds',
        help: 'From the coming of a relayed request to the end of its answer',
        labelNames: ['endpoint'],
      },
      DURATION_BUCKETS_SECONDS,
    );
    metrics.gauge(
      { name: 'open_requests', help: 'Requests that are being relayed at this moment', labelNames: [] },
      (gauge) => {
        gauge.set(live.count());
      },
    );
  }

  /** @param endpoint in the protocol's words */
  note(endpoint: string, { end, status, ms, attempts }: RequestEntry): void {
    this.requests.inc({ endpoint, end, status: status === null ? NO_ANSWER : String(status) });
    this.durations.observe({ endpoint }, ms / 1000);
    for (const { platform, result, mark } of attempts) this.attempts.inc({ platform, result, mark: mark ?? NO_ANSWER });
  }
}
