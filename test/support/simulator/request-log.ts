import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint, FailureMode, SimulatedUsage } from './step.ts';

/** How a request ended: `finished` = sent whole, `client_abort` = the client left first, else what the script did. */
export type RequestOutcome = 'open' | 'finished' | 'client_abort' | FailureMode;

export interface LogEntry {
  /** 1 for the first request of this simulator. */
  readonly n: number;
  /** Epoch milliseconds of the arrival. */
  readonly at: number;
  /** The upstream key: bearer token, else `x-api-key`, else `anonymous`. */
  readonly key: string;
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Path with the query, as it was asked for. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, in the order and spelling of the wire. */
  readonly rawHeaders: readonly string[];
  /** Client port of the connection: equal for requests that shared one. */
  readonly connection: number;
  body: Buffer;
  bodyBytes: number;
  bodySha256: string;
  /** Status that was sent; 0 while no head has been. */
  status: number;
  /** Whole events of a stream that were written. */
  events: number;
  /** What the answer reported last; null while it has reported nothing. */
  usage: SimulatedUsage | null;
  /** `start`: only the figures of the stream's first event were sent; `final`: the closing ones too. */
  usageStage: 'none' | 'start' | 'final';
  /** Epoch ms at which the answer first reported figures; null while it has not. */
  reportedAt: number | null;
  outcome: RequestOutcome;
  /** From the arrival to the outcome. */
  ms: number;
}

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
}

const NO_USAGE: SimulatedUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheCreateTokens: 0,
  cacheReadTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  hasCacheSplit: false,
};

function add(a: SimulatedUsage, b: SimulatedUsage): SimulatedUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheCreateTokens: a.cacheCreateTokens + b.cacheCreateTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    ephemeral5mTokens: a.ephemeral5mTokens + b.ephemeral5mTokens,
    ephemeral1hTokens: a.ephemeral1hTokens + b.ephemeral1hTokens,
    hasCacheSplit: a.hasCacheSplit || b.hasCacheSplit,
  };
}

/** Every request the simulator has seen, in order, with how it ended. */
export class RequestLog {
  readonly #entries: LogEntry[] = [];
  readonly #limit: number;
  readonly #waiters = new Set<Waiter>();
  readonly #open = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  #count = 0;

  /** Keeps the newest `limit` entries. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  nextNumber(): number {
    this.#count += 1;
    return this.#count;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    const open = (this.#open.get(entry.key) ?? 0) + 1;
    this.#open.set(entry.key, open);
    this.#peaks.set(entry.key, Math.max(this.peak(entry.key), open));
    if (this.#entries.length > this.#limit) this.#entries.shift();
    this.changed();
  }

  /** Notes how a request has ended. */
  end(entry: LogEntry, outcome: RequestOutcome): void {
    entry.outcome = outcome;
    this.#open.set(entry.key, (this.#open.get(entry.key) ?? 0) - 1);
    this.changed();
  }

  /** Tells those who wait that an entry is not what it was. */
  changed(): void {
    for (const waiter of this.#waiters) if (waiter.isDone()) waiter.resolve();
  }

  all(): readonly LogEntry[] {
    return this.#entries;
  }

  /** The most requests of this key that were open at the same time. */
  peak(key: string): number {
    return this.#peaks.get(key) ?? 0;
  }

  of(key: string): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.key === key);
  }

  /** Sum of what the finished answers of this key reported. */
  usage(key: string): SimulatedUsage {
    return this.of(key)
      .filter((entry) => entry.usageStage === 'final')
      .reduce((sum, entry) => add(sum, entry.usage ?? NO_USAGE), NO_USAGE);
  }

  clear(): void {
    this.#entries.length = 0;
    this.#peaks.clear();
  }

  /** Resolves as soon as `isDone` holds; rejects after `timeoutMs` with `what` in its message. */
  async until(what: string, isDone: () => boolean, timeoutMs: number): Promise<void> {
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`the simulator waited ${timeoutMs} ms in vain for ${what}`));
      }, timeoutMs);
      const waiter: Waiter = {
        isDone,
        resolve: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
