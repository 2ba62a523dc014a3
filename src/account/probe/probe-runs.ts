import { HttpException, HttpStatus, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TestEndedError } from './test-ending.js';

/** Tests are looked at by a person; more at once would be a load test of somebody's upstream. */
const MAX_RUNNING = 5;

/** A test that runs. */
export interface ProbeRun {
  /** Aborted with a `TestEndedError` when the process ends. */
  readonly stopping: AbortSignal;
  /** Safe to call twice. */
  readonly end: () => void;
}

/** Bounds the tests that run at the same time in this process, and ends them when it stops. */
@Injectable()
export class ProbeRuns implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running = 0;

  /** Throws a 429 when too many run already. */
  begin(): ProbeRun {
    if (this.running >= MAX_RUNNING) {
      throw new HttpException(
        `${String(MAX_RUNNING)} tests run already. Try again when one of them has ended, within a minute.`,
        HttpStatus.TOO_MANY_REQUESTS,
      );
    }
    this.running += 1;
    let isOpen = true;
    return {
      stopping: this.stopping.signal,
      end: () => {
        if (isOpen) this.running -= 1;
        isOpen = false;
      },
    };
  }

  onModuleDestroy(): void {
    this.stopping.abort(new TestEndedError('stopped'));
  }
}
