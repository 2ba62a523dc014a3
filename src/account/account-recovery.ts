import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountRepository } from './account.repository.js';
import type { V1Recovery } from './v1-marks.js';

/** Records that are put right at the same time; the others' turn comes with a later reading. */
const MAX_RUNNING = 8;

/**
 * Writes the end of stops that v1 made, in the background. Scheduling does not wait for it: such an account is in use
 * from the moment its stop is over.
 */
@Injectable()
export class AccountRecovery implements OnModuleDestroy {
  private readonly logger = new Logger(AccountRecovery.name);
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly repository: AccountRepository,
    private readonly platforms: PlatformRegistry,
  ) {}

  recover(platform: string, entries: readonly AccountEntry[]): void {
    for (const { stored, recovery } of entries) {
      if (recovery === null || this.running.has(stored.id) || this.running.size >= MAX_RUNNING) continue;
      const done = this.write(platform, stored.id, recovery).finally(() => this.running.delete(stored.id));
      this.running.set(stored.id, done);
    }
  }

  /** Nothing is being written any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.running.values());
  }

  onModuleDestroy(): Promise<void> {
    return this.settled();
  }

  private async write(platform: string, id: string, recovery: V1Recovery): Promise<void> {
    try {
      const result = await this.repository.update(this.platforms.get(platform).account, id, recovery);
      this.logger.log({ msg: 'A stop that v1 made is over', platform, accountId: id, result });
    } catch (error: unknown) {
      this.logger.warn({
        msg: 'The end of a stop that v1 made could not be written',
        platform,
        accountId: id,
        err: error,
      });
    }
  }
}
