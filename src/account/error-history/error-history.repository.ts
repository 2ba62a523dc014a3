import type { AccountKind } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOf } from '../../core/store/batch-replies.js';

/** Reads and clears what failures left in the history of an account; marks write it. */
@Injectable()
export class ErrorHistoryRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** A page of the entries as they are stored, newest first, and how many there are. */
  async read(
    kind: AccountKind,
    id: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly texts: readonly string[]; readonly total: number }> {
    const key = keyOf(kind, id);
    const [texts, total] = await repliesOf(
      this.store.pipeline([
        ['lrange', key, page.offset, page.offset + page.limit - 1],
        ['llen', key],
      ]),
    );
    return { texts: texts as string[], total: Number(total) };
  }

  /** How many entries there were. */
  async clear(kind: AccountKind, id: string): Promise<number> {
    const key = keyOf(kind, id);
    const [count] = await repliesOf(
      this.store.multi([
        ['llen', key],
        ['del', key],
      ]),
    );
    return Number(count);
  }
}

const keyOf = ({ accountType }: AccountKind, id: string): string => keys.account.errorHistory(accountType, id);
