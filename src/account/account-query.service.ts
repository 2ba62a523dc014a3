import type { AccountType } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { ListResult } from '../core/http/list-result.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountReader } from './account-reader.js';
import { availableAt, type UnavailableReason, unavailableReasons } from './availability.js';
import { getKind, noSuchAccount } from './platform-lookup.js';

/** Which accounts are wanted; what is left out does not matter. */
export interface AccountFilter {
  readonly offset: number;
  readonly limit: number;
  readonly isActive?: boolean;
  readonly schedulable?: boolean;
  readonly accountType?: AccountType;
}

export interface Availability {
  /** Empty: the account can take a request now. */
  readonly reasons: readonly UnavailableReason[];
  /** When all of them have ended by themselves; null = never, or there is none. */
  readonly retryAt: Date | null;
}

const NONE_EXCLUDED: ReadonlySet<string> = new Set();

/** What an administrator sees of accounts: always as they are stored now. An unknown platform or id is a 404. */
@Injectable()
export class AccountQueryService {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly reader: AccountReader,
    private readonly clock: Clock,
  ) {}

  async list(platform: string, filter: AccountFilter): Promise<ListResult<AccountEntry>> {
    getKind(this.platforms, platform);
    const { offset, limit, isActive, schedulable, accountType } = filter;
    const found = (await this.reader.readAll(platform)).filter(
      ({ stored }) =>
        (isActive === undefined || stored.isActive === isActive) &&
        (schedulable === undefined || stored.schedulable === schedulable) &&
        (accountType === undefined || stored.accountType === accountType),
    );
    return { items: found.slice(offset, offset + limit), total: found.length };
  }

  async get(platform: string, id: string): Promise<AccountEntry> {
    getKind(this.platforms, platform);
    const entry = await this.reader.find(platform, id);
    if (entry === null) throw noSuchAccount(platform, id);
    return entry;
  }

  async getAvailability(platform: string, id: string, model: string | null): Promise<Availability> {
    const { state } = await this.get(platform, id);
    const question = { now: this.clock.now(), model, endpoint: null, excluded: NONE_EXCLUDED };
    return { reasons: unavailableReasons(state, question), retryAt: availableAt(state, question.now, question) };
  }
}
