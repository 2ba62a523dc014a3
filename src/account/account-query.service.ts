import type { AccountType } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { ListResult } from '../core/http/list-result.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountReader } from './account-reader.js';
import type { StoredAccount } from './account-record.js';
import { availableAt, type UnavailableReason, unavailableReasons } from './availability.js';
import { GroupRepository } from './groups/group.repository.js';
import { getKind, noSuchAccount } from './platform-lookup.js';

/** Which accounts are wanted; what is left out does not matter. */
export interface AccountFilter {
  readonly offset: number;
  readonly limit: number;
  readonly isActive?: boolean;
  readonly schedulable?: boolean;
  readonly accountType?: AccountType;
  /** The stored status, as it is spelled. */
  readonly status?: string;
  /** Part of the name, in any case. */
  readonly search?: string;
  /** Id of a group that they are in. */
  readonly group?: string;
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
    private readonly groups: GroupRepository,
    private readonly clock: Clock,
  ) {}

  async list(platform: string, filter: AccountFilter): Promise<ListResult<AccountEntry>> {
    getKind(this.platforms, platform);
    return this.listOf([platform], filter);
  }

  /** The accounts of all platforms, one platform after the other. */
  listAll(filter: AccountFilter): Promise<ListResult<AccountEntry>> {
    const names = this.platforms.list().map(({ name }) => name);
    return this.listOf(names, filter);
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

  private async listOf(platforms: readonly string[], filter: AccountFilter): Promise<ListResult<AccountEntry>> {
    const { offset, limit, group } = filter;
    const members = group === undefined ? null : new Set(await this.groups.listMembers(group));
    const entries = (await Promise.all(platforms.map((platform) => this.reader.readAll(platform)))).flat();
    const found = entries.filter(
      ({ stored }) => (members === null || members.has(stored.id)) && isWanted(stored, filter),
    );
    return { items: found.slice(offset, offset + limit), total: found.length };
  }
}

function isWanted(stored: StoredAccount, filter: AccountFilter): boolean {
  const { isActive, schedulable, accountType, status, search = '' } = filter;
  return (
    (isActive === undefined || stored.isActive === isActive) &&
    (schedulable === undefined || stored.schedulable === schedulable) &&
    (accountType === undefined || stored.accountType === accountType) &&
    (status === undefined || stored.status === status) &&
    stored.name.toLowerCase().includes(search.toLowerCase())
  );
}
