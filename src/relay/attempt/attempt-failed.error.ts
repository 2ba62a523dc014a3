import type { AttemptFailure } from '@crs/extension-api';

/** An upstream's own answer, kept for the case that it goes back to the client as it is. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One attempt did not lead to an answer. Nobody has judged it yet. */
export class AttemptFailedError extends Error {
  override readonly name = 'AttemptFailedError';

  constructor(
    readonly failure: AttemptFailure,
    readonly answer: UpstreamAnswer | null = null,
    /** The gateway never came to ask the upstream: all the connections that it may have to it were taken. */
    readonly wasQueued = false,
  ) {
    super(`Attempt failed: ${failure.kind}`);
  }
}

/** A clock of the gateway ran out. Used as the reason of an abort, and found again as the cause of what it broke. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';

  constructor(readonly reason: 'first_byte' | 'idle' | 'request') {
    super(`Timed out: ${reason}`);
  }
}

/** The client has gone; nobody waits for an answer any more. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor() {
    super('The client has closed the connection');
  }
}

/** The process stops and cannot wait for the answer any longer. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';

  constructor() {
    super('The gateway is stopping');
  }
}
