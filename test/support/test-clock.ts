import { Clock } from '../../src/core/time/clock.js';

/** A clock that stands still until the test moves it: `clock.ms += 1000`. */
export class TestClock extends Clock {
  constructor(public ms: number) {
    super();
  }

  override now(): number {
    return this.ms;
  }
}
