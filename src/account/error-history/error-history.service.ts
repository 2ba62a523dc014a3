import { Injectable } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { AccountQueryService } from '../account-query.service.js';
import { ErrorHistoryRepository } from './error-history.repository.js';
import { type HistoryEntry, parseHistoryEntry } from './history-entry.js';

export interface HistoryPage extends ListResult<HistoryEntry> {
  /** Entries of the page that could not be read and were left out. */
  readonly unreadable: number;
}

/** What went wrong with an account. An unknown platform or id is a 404. */
@Injectable()
export class ErrorHistoryService {
  constructor(
    private readonly accounts: AccountQueryService,
    private readonly repository: ErrorHistoryRepository,
  ) {}

  /** Newest first. */
  async list(
    platform: string,
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<HistoryPage> {
    const { kind, state } = await this.accounts.get(platform, id);
    const { texts, total } = await this.repository.read(kind, id, page);
    const items = texts.map((text) => parseHistoryEntry(text, state.account.secret)).filter((entry) => entry !== null);
    return { items, total, unreadable: texts.length - items.length };
  }

  /** How many entries there were. */
  async clear(platform: string, id: string): Promise<number> {
    const { kind } = await this.accounts.get(platform, id);
    return this.repository.clear(kind, id);
  }
}
