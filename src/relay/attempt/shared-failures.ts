import type { ApiKeyId, AttemptFailure } from '@crs/extension-api';
import { answerOf } from '../../account/failure-context.js';
import type { Clock } from '../../core/time/clock.js';

/** Clients that try again do so within it. */
const REMEMBERED_MS = 60_000;
/** One for each client key that sends poisoned requests, as a rule. */
const MAX_REMEMBERED = 1000;
/** An upstream's type of error may be of any length. */
const MAX_NAME_CHARS = 200;

/** Whose requests, and for what. */
export interface RequestSource {
  readonly keyId: ApiKeyId;
  /** What the client calls. */
  readonly endpoint: string;
}

/** What several accounts have answered to requests of one source: a request that comes again is known by it. */
export class SharedFailures {
  /** Until when each is remembered, in epoch ms; the one to be forgotten next first. */
  private readonly untils = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Several accounts have failed a request in this way. */
  remember(source: RequestSource, failure: AttemptFailure): void {
    const name = nameOf(source, failure);
    this.untils.delete(name);
    this.untils.set(name, this.clock.now() + REMEMBERED_MS);
    const [oldest] = this.untils.keys();
    if (this.untils.size > MAX_REMEMBERED && oldest !== undefined) this.untils.delete(oldest);
  }

  /** Whether they have within the last minute. */
  holds(source: RequestSource, failure: AttemptFailure): boolean {
    return (this.untils.get(nameOf(source, failure)) ?? 0) > this.clock.now();
  }

  /** Another account has served such a request: it was not the request's doing. */
  forget(source: RequestSource, failure: AttemptFailure): void {
    this.untils.delete(nameOf(source, failure));
  }
}

const nameOf = ({ keyId, endpoint }: RequestSource, failure: AttemptFailure): string =>
  `${keyId} ${endpoint} ${answerOf(failure) ?? ''}`.slice(0, MAX_NAME_CHARS);
