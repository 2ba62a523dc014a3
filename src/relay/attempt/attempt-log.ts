import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AttemptRecord } from './attempt-record.js';

const KEPT_MS = 24 * 60 * 60 * 1000;

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
