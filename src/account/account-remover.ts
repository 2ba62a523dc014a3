import { ApiKeyDirectory } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { AccountDirectory } from './account-directory.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountQueryService } from './account-query.service.js';
import { AccountRepository } from './account.repository.js';
import { getKind, noSuchAccount } from './platform-lookup.js';

/** An account as it was, and how many client keys are still bound to it. */
export interface RemovedAccount {
  readonly account: AccountEntry;
  readonly boundKeys: number;
}

/** Removes accounts for good. An unknown platform or id is a 404. */
@Injectable()
export class AccountRemover {
  private readonly logger = new Logger(AccountRemover.name);

  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly repository: AccountRepository,
    private readonly queries: AccountQueryService,
    private readonly directory: AccountDirectory,
    private readonly apiKeys: ApiKeyDirectory,
  ) {}

  /** Bound keys do not keep an account, but somebody has to hear of them: they have no account then. */
  async remove(platform: string, id: string): Promise<RemovedAccount> {
    const kind = getKind(this.platforms, platform);
    const account = await this.queries.get(platform, id);
    const { storedField, prefix } = kind.binding;
    const boundKeys = await this.apiKeys.countBoundTo(storedField, `${prefix}${id}`);
    const isRemoved = await this.repository.remove(kind, id);
    this.directory.forget(platform);
    if (!isRemoved) throw noSuchAccount(platform, id);
    if (boundKeys > 0) {
      const msg = 'An account was removed that client keys are still bound to: bind them elsewhere';
      this.logger.warn({ msg, platform, accountId: id, boundKeys });
    }
    return { account, boundKeys };
  }
}
