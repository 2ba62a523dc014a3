import { ConflictException, Injectable } from '@nestjs/common';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { AccountDirectory } from './account-directory.js';
import type { AccountEntry } from './account-entry.factory.js';
import { AccountHealthService } from './account-health.service.js';
import type { AccountInput, NewAccountInput } from './account-input.js';
import { AccountQueryService } from './account-query.service.js';
import type { RecordFields } from './account-record.js';
import { AccountRecordFactory } from './account-record.factory.js';
import { AccountRepository, type AccountUpdate } from './account.repository.js';
import { getKind, noSuchAccount } from './platform-lookup.js';

/** A change is decided on the stored record; when that changes meanwhile, the decision is made again this often. */
const MAX_DECISIONS = 5;

/** What an administrator sets on accounts. An unknown platform or id is a 404. */
@Injectable()
export class AccountService {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly repository: AccountRepository,
    private readonly records: AccountRecordFactory,
    private readonly queries: AccountQueryService,
    private readonly health: AccountHealthService,
    private readonly directory: AccountDirectory,
  ) {}

  async create(platform: string, input: NewAccountInput): Promise<AccountEntry> {
    const kind = getKind(this.platforms, platform);
    const { id, record, isShared } = this.records.create(platform, input);
    await this.repository.insert(kind, id, record, isShared);
    this.directory.forget(platform);
    return this.queries.get(platform, id);
  }

  update(platform: string, id: string, input: AccountInput): Promise<AccountEntry> {
    getKind(this.platforms, platform);
    return this.change(platform, id, this.records.changer(platform, input));
  }

  toggleSchedulable(platform: string, id: string): Promise<AccountEntry> {
    return this.change(platform, id, (record) => this.records.toggleSchedulable(platform, record));
  }

  toggleActive(platform: string, id: string): Promise<AccountEntry> {
    return this.change(platform, id, (record) => this.records.toggleActive(platform, record));
  }

  /** Ends every temporary mark, those of version 1 included, and switches on again what version 1 switched off. */
  async reset(platform: string, id: string): Promise<AccountEntry> {
    await this.change(platform, id, (record) => this.records.reset(record));
    await this.health.clear(platform, id);
    return this.queries.get(platform, id);
  }

  private async change(
    platform: string,
    id: string,
    decide: (record: RecordFields) => AccountUpdate,
  ): Promise<AccountEntry> {
    const kind = getKind(this.platforms, platform);
    for (let decisions = 0; decisions < MAX_DECISIONS; decisions += 1) {
      const record = await this.repository.findRecord(kind, id);
      if (record === null) break;
      const result = await this.repository.update(kind, id, decide(record));
      this.directory.forget(platform);
      if (result === 'updated') return this.queries.get(platform, id);
      if (result === 'missing') break;
      if (decisions === MAX_DECISIONS - 1)
        throw new ConflictException('Others change this account at the same time; try again');
    }
    throw noSuchAccount(platform, id);
  }
}
