import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NotServedService } from './not-served.service.js';

/** Says once, soon after the start, that the database holds accounts that are not served. */
@Injectable()
export class NotServedNotice implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(NotServedNotice.name);
  private readonly ending = new AbortController();
  private telling: Promise<void> = Promise.resolve();

  constructor(private readonly accounts: NotServedService) {}

  /** Nobody waits for it. */
  onApplicationBootstrap(): void {
    this.telling = this.tell();
  }

  /** Resolves when it is said, or cannot be. */
  told(): Promise<void> {
    return this.telling;
  }

  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.telling;
  }

  private async tell(): Promise<void> {
    try {
      const counts = await this.accounts.count(this.ending.signal);
      if (Object.keys(counts).length === 0) return;
      const msg =
        'The database holds accounts of kinds that are not served here; they are left as they are. ' +
        'GET /api/v2/accounts/not-served names them';
      this.logger.warn({ msg, ...counts });
    } catch (error) {
      if (this.ending.signal.aborted) return;
      this.logger.warn({
        msg: 'The database could not be searched for accounts that are not served',
        cause: String(error),
      });
    }
  }
}
