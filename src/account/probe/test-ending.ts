import type { AttemptFailure } from '@crs/extension-api';
import type { TestStage } from './test-event.js';

/** Why a test was ended from this side. Used as the reason of an abort, and found again as the cause of what it broke. */
export class TestEndedError extends Error {
  override readonly name = 'TestEndedError';

  constructor(readonly why: 'gone' | 'stopped' | 'total' | 'head' | 'idle') {
    super(`The test was ended: ${why}`);
  }
}

/** The upstream did not answer as it should. The message is for the administrator, not yet free of secrets. */
export class TestFailedError extends Error {
  override readonly name = 'TestFailedError';

  constructor(
    readonly stage: TestStage,
    message: string,
    /** The same as an attempt for a client would have it; null where a client would be served. */
    readonly failure: AttemptFailure | null,
  ) {
    super(message);
  }
}
