import { Injectable } from '@nestjs/common';
import { ApiKeyIndexRepository } from './api-key-index.repository.js';
import { type ApiKeyOrder, ApiKeyQueryRepository } from './api-key-query.repository.js';
import type { ApiKeyRecord } from './api-key-record.js';
import type { ApiKeyFilter } from './api-key-selection.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** How often a page is looked up again because keys of it have disappeared from the store. */
const MAX_ATTEMPTS = 10;

/** The part of a list that is wanted. */
export interface ApiKeyPage {
  readonly filter: ApiKeyFilter;
  readonly order: ApiKeyOrder;
  readonly offset: number;
  readonly limit: number;
}

/** Finds keys for a page of a list. */
@Injectable()
export class ApiKeyQueryService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly index: ApiKeyIndexRepository,
    private readonly query: ApiKeyQueryRepository,
  ) {}

  /** Keys that have disappeared from the store leave the index here. */
  async list(page: ApiKeyPage): Promise<{ items: readonly ApiKeyRecord[]; total: number }> {
    await this.index.ensureBuilt();
    for (let attempt = 1; ; attempt += 1) {
      const ids = await this.query.listIds(page.filter, page.order);
      const wanted = ids.slice(page.offset, page.offset + page.limit);
      const found = await this.keys.findMany(wanted);
      const gone = wanted.filter((_, at) => found[at] === null);
      if (gone.length === 0 || attempt === MAX_ATTEMPTS) {
        return { items: found.flatMap((stored) => (stored === null ? [] : [stored.record])), total: ids.length };
      }
      await this.index.forget(gone);
    }
  }
}
