import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

interface MetricOptions<L extends string> {
  /** Without the prefix `crs_`. */
  readonly name: string;
  readonly help: string;
  /** Names of a few values each: never a key, an account, a prompt or anything that a client makes up. */
  readonly labelNames: readonly L[];
}

const PREFIX = 'crs_';

/** The figures of this process in Prometheus' words; what has figures to show makes them here. */
@Injectable()
export class MetricsRegistry {
  private readonly registry = new Registry();

  counter<L extends string = never>({ name, help, labelNames }: MetricOptions<L>): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  /** @param bucketsSeconds upper bounds, in seconds */
  histogram<L extends string = never>(
    { name, help, labelNames }: MetricOptions<L>,
    bucketsSeconds: readonly number[],
  ): Histogram<L> {
    const buckets = [...bucketsSeconds];
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** @param read sets the gauge's values whenever the figures are asked for; must be quick and must not throw */
  gauge<L extends string = never>(
    { name, help, labelNames }: MetricOptions<L>,
    read: (gauge: Gauge<L>) => Promise<void> | void,
  ): void {
    const registers = [this.registry];
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers,
      collect(): Promise<void> | void {
        return read(this);
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All figures in the text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
