import type { AccountMark, UpstreamAccount } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { AccountDirectory } from './account-directory.js';
import { AccountMarkRepository } from './account-mark.repository.js';
import { AccountRepository } from './account.repository.js';
import { type MarkDetail, type MarkPlan, planMark } from './mark-plan.js';

/**
 * What failures and successes leave on an account. All methods reject when the store cannot be written; a mark then holds
 * in this process for a minute.
 */
@Injectable()
export class AccountHealthService {
  private readonly logger = new Logger(AccountHealthService.name);

  constructor(
    private readonly marks: AccountMarkRepository,
    private readonly repository: AccountRepository,
    private readonly directory: AccountDirectory,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** Notes a failed attempt; nothing where the account is protected from automatic marks. */
  async mark(account: UpstreamAccount, mark: AccountMark, detail: MarkDetail): Promise<void> {
    if (account.disableAutoProtection) return;
    const plan = planMark(mark, detail, {
      marks: this.config.marks,
      now: this.clock.now(),
      secret: account.secret,
      rateLimitMinutes: account.rateLimitMinutes,
    });
    const isMarked = await this.apply(account, plan);
    this.directory.forget(account.platform);
    this.logger.warn({
      msg: 'An account was marked',
      platform: account.platform,
      accountId: account.id,
      requestId: detail.requestId,
      mark: mark.type,
      statusCode: mark.statusCode,
      scope: mark.scope ?? 'account',
      seconds: plan.coolDown === null ? 0 : plan.coolDown.ttlMs / 1000,
      isMarked,
    });
  }

  /** Ends every temporary mark at once. */
  async clear(platform: string, id: string): Promise<void> {
    await this.marks.clear(this.platforms.get(platform).account, id);
    this.directory.dropUnwritten(platform, id);
    this.directory.forget(platform);
  }

  /**
   * The account has just served a request: the record no longer says that it is rate limited, and where it was recovering
   * when it was picked, it has come a step further. Costs nothing for other accounts.
   */
  async recovered(account: UpstreamAccount, wasRecovering: boolean): Promise<void> {
    await Promise.all([this.clearRateLimit(account), wasRecovering && this.noteServed(account)]);
  }

  private async apply({ platform, id }: UpstreamAccount, plan: MarkPlan): Promise<boolean> {
    try {
      const isMarked = await this.marks.apply(this.platforms.get(platform).account, id, plan);
      this.directory.dropUnwritten(platform, id);
      return isMarked;
    } catch (error: unknown) {
      if (error instanceof StoreUnavailableError) this.directory.holdUnwritten(platform, id, plan);
      throw error;
    }
  }

  private async noteServed({ platform, id }: UpstreamAccount): Promise<void> {
    const isCounted = await this.marks.noteServed(this.platforms.get(platform).account, id, this.clock.now());
    if (isCounted) this.directory.forget(platform);
  }

  private async clearRateLimit(account: UpstreamAccount): Promise<void> {
    if (account.rateLimitedAt === null) return;
    const { account: kind } = this.platforms.get(account.platform);
    const result = await this.repository.update(kind, account.id, {
      patch: { rateLimitedAt: '', rateLimitStatus: '' },
      // Only the mark that this process saw: not a newer one, and not one that v1 stopped the account with.
      expected: { rateLimitedAt: account.rateLimitedAt.toISOString() },
    });
    if (result === 'updated') this.directory.forget(account.platform);
  }
}
