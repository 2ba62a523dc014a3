import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorProcess } from '../simulator-process.ts';
import { TEXT } from './raw-streams.ts';

const EVERY_MS = 100;
const GOOD = { text: TEXT, deltaChars: 9 };
/** Those that end by themselves; silence would only slow the run. */
const FAULTS = [
  'overloaded',
  'server_error',
  'unavailable',
  'rate_limited',
  'rate_limited_no_reset',
  'unauthorized',
  'bad_gateway',
  'html',
  'empty',
  'reset',
  'garbage',
  'early_error',
  'error_after_start',
  'mid_error',
  'mid_reset',
  'mid_cut',
  'mid_truncate',
  'mid_framing',
];

/** Makes accounts good and bad at random; the same seed gives the same order. */
export class Flapper {
  flaps = 0;
  readonly #simulator: SimulatorProcess;
  readonly #accounts: readonly string[];
  #seed: number;

  constructor(simulator: SimulatorProcess, accounts: readonly string[], seed: number) {
    this.#simulator = simulator;
    this.#accounts = accounts;
    this.#seed = seed;
  }

  /** Until that moment of `performance.now()`; every account is good in the end. `onGood` is told of each that mends. */
  async run(until: number, onGood: (account: string) => Promise<void>): Promise<void> {
    while (performance.now() < until) {
      const key = this.#pick(this.#accounts);
      const isGood = this.#random() < 0.5;
      await this.#simulator.control({ key, default: isGood ? GOOD : { preset: this.#pick(FAULTS), ...GOOD } });
      if (isGood) await onGood(key);
      this.flaps += 1;
      await sleep(EVERY_MS);
    }
    await this.mend();
  }

  /** Makes every account good; before the first request of a load, too. */
  async mend(): Promise<void> {
    await this.#simulator.control(this.#accounts.map((key) => ({ key, default: GOOD })));
  }

  #pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new Error('There is nothing to pick from');
    return value;
  }

  /** A linear congruential generator: enough to shuffle faults, and repeatable. */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}
