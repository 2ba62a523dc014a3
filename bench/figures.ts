import type { LoadResult } from './load.ts';
import type { ProcessUsage } from './process-usage.ts';

/** One measured run, boiled down. Times are milliseconds. */
export interface Figures {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly firstByteP50: number;
  /** CPU microseconds per request of the gateway; NaN where they are not known. */
  readonly cpuMicros: number;
  readonly rssMib: number;
  readonly bad: number;
}

const BYTES_PER_MIB = 1_048_576;

/** The value that `share` (0 to 1) of the values do not exceed; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function toFigures(result: LoadResult, before: ProcessUsage | null, after: ProcessUsage | null): Figures {
  const requests = result.totalMs.length;
  const cpu = before && after ? after.cpuMicros - before.cpuMicros : Number.NaN;
  return {
    requests,
    perSecond: requests / result.seconds,
    p50: percentile(result.totalMs, 0.5),
    p99: percentile(result.totalMs, 0.99),
    firstByteP50: percentile(result.firstByteMs, 0.5),
    cpuMicros: cpu / (requests + result.bad),
    rssMib: after ? after.rssBytes / BYTES_PER_MIB : Number.NaN,
    bad: result.bad,
  };
}

/** Field by field the median of the rounds; of `requests` and `bad` the sum. */
export function medianOf(rounds: readonly Figures[]): Figures {
  const median = (field: keyof Figures): number =>
    percentile(
      rounds.map((round) => round[field]),
      0.5,
    );
  const sum = (field: keyof Figures): number => rounds.reduce((total, round) => total + round[field], 0);
  return {
    requests: sum('requests'),
    perSecond: median('perSecond'),
    p50: median('p50'),
    p99: median('p99'),
    firstByteP50: median('firstByteP50'),
    cpuMicros: median('cpuMicros'),
    rssMib: median('rssMib'),
    bad: sum('bad'),
  };
}
