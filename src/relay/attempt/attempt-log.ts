import type { AccountId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable, Logger } from '@nestjs/common';

const KEPT_MS = 24 * 60 * 60 * 1000;

/** One attempt of one request, as an admin reads it. */
export interface AttemptRecord {
  readonly accountId: AccountId;
  readonly platform: string;
  /** `ok`, or what broke: `status`, `transport`, `timeout`, `malformed`, `error_event`. */
  readonly result: string;
  /** Why, in one word where there is one: `connect`, `idle`, `overloaded_error`, ... */
  readonly reason: string | null;
  /** The upstream's status; null when there was none. */
  readonly status: number | null;
  /** `other_account`, `give_up`; null for a success. */
  readonly verdict: string | null;
  readonly mark: string | null;
  readonly startedAt: string;
  readonly ms: number;
}

/** What was tried for each request, for a day, readable from every instance. */
@Injectable()
export class AttemptLog {
  private readonly logger = new Logger(AttemptLog.name);

  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Never rejects: a request does not fail because its log could not be kept. */
  async write(requestId: string, attempts: readonly AttemptRecord[]): Promise<void> {
    if (attempts.length === 0) return;
    try {
      await this.store.set(keys.attempts.byRequest(requestId), JSON.stringify(attempts), 'PX', KEPT_MS);
    } catch (error) {
      this.logger.warn({ msg: 'The attempts of a request could not be kept', requestId, err: error });
    }
  }
}
