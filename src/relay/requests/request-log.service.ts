import { ApiKeyDirectory } from '@crs/extension-api';
import { Injectable, NotFoundException } from '@nestjs/common';
import { AccountDirectory } from '../../account/account-directory.js';
import type { ListResult } from '../../core/http/list-result.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { AttemptLog } from '../attempt/attempt-log.js';
import { AttemptLogRepository } from '../attempt/attempt-log.repository.js';
import { isTroubled, type RequestEntry } from './request-entry.js';

/** Which requests are wanted; what is left out does not matter. */
export interface RequestFilter {
  readonly offset: number;
  readonly limit: number;
  readonly troubled?: boolean;
  readonly keyId?: string;
  /** An account that was asked, whether it served or not. */
  readonly accountId?: string;
}

/** A request of the log. */
export interface LoggedRequest {
  readonly entry: RequestEntry;
  /** Names of the accounts that still exist, by id. */
  readonly accountNames: ReadonlyMap<string, string>;
}

export interface LoggedRequestOfKey extends LoggedRequest {
  /** Null: the key was removed for good. */
  readonly keyName: string | null;
}

/** What became of the requests of the last day, as an administrator looks for them. */
@Injectable()
export class RequestLogService {
  constructor(
    private readonly log: AttemptLog,
    private readonly repository: AttemptLogRepository,
    private readonly accounts: AccountDirectory,
    private readonly platforms: PlatformRegistry,
    private readonly apiKeys: ApiKeyDirectory,
  ) {}

  /** Those that ended last first. */
  async list(filter: RequestFilter): Promise<ListResult<LoggedRequest>> {
    const { offset, limit } = filter;
    await this.log.flush();
    const entries = await this.repository.list({ troubled: filter.troubled === true });
    const wanted = entries.filter((entry) => isWanted(entry, filter));
    const page = wanted.slice(offset, offset + limit);
    const accountNames = await this.namesOfAccounts(page);
    return { items: page.map((entry) => ({ entry, accountNames })), total: wanted.length };
  }

  /**
   * @param id the gateway's id of the request, or its upstream's
   * @throws NotFoundException
   */
  async get(id: string): Promise<LoggedRequestOfKey> {
    await this.log.flush();
    const entry = await this.repository.find(id);
    if (entry === null) throw notInLog(id);
    const [accountNames, key] = await Promise.all([
      this.namesOfAccounts([entry]),
      this.apiKeys.findSummary(entry.keyId),
    ]);
    return { entry, accountNames, keyName: key?.name ?? null };
  }

  private async namesOfAccounts(entries: readonly RequestEntry[]): Promise<ReadonlyMap<string, string>> {
    const asked = new Set(entries.flatMap(({ attempts }) => attempts.map(({ platform }) => platform)));
    const known = this.platforms.list().filter(({ name }) => asked.has(name));
    const states = (await Promise.all(known.map(({ name }) => this.accounts.states(name)))).flat();
    return new Map(states.map(({ account: { id, name } }) => [id, name]));
  }
}

function isWanted(entry: RequestEntry, { troubled, keyId, accountId }: RequestFilter): boolean {
  return (
    (troubled === undefined || isTroubled(entry) === troubled) &&
    (keyId === undefined || entry.keyId === keyId) &&
    (accountId === undefined || entry.attempts.some((attempt) => attempt.accountId === accountId))
  );
}

function notInLog(id: string): NotFoundException {
  const kept = 'It keeps requests for 24 hours, without those that were refused before an account was looked for';
  return new NotFoundException(`The log has no request "${id.slice(0, 100)}". ${kept} (key, body, limits).`);
}
