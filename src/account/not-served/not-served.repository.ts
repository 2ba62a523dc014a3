import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOfRightType } from '../../core/store/batch-replies.js';
import { isAccountId } from '../account-record.js';
import type { NotServedKind } from './not-served-kinds.js';

/** What may be shown of such an account; nothing else leaves the repository. */
export interface NotServedAccount {
  readonly kind: NotServedKind;
  readonly id: string;
  readonly name: string;
  readonly accountType: string;
  readonly isActive: boolean;
}

const SHOWN_FIELDS = ['name', 'accountType', 'isActive'] as const;
const SCAN_COUNT = 1000;
/** Two million keys; what stands behind them is found by v1's index only. */
const MOST_SCANS = 2000;
const BATCH_SIZE = 500;

/** Reads the records of accounts that are not served, and writes nothing. */
@Injectable()
export class NotServedRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** By v1's index of each kind; null where there is neither an index nor v1's word that there is no account. */
  async listIndexed(
    kinds: readonly NotServedKind[],
  ): Promise<readonly { readonly kind: NotServedKind; readonly ids: readonly string[] | null }[]> {
    const commands = kinds.flatMap(({ recordPrefix }): StoreCommand[] => [
      ['smembers', keys.account.index(recordPrefix)],
      ['exists', keys.account.indexEmpty(recordPrefix)],
    ]);
    const replies = await repliesOfRightType(this.store.pipeline(commands));
    return kinds.map((kind, at) => {
      const ids = toTexts(replies[2 * at]);
      return { kind, ids: ids.length > 0 || replies[2 * at + 1] === 1 ? ids : null };
    });
  }

  /** By a search of the whole database, for kinds without an index. */
  async scan(
    kinds: readonly NotServedKind[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<NotServedKind, readonly string[]>> {
    const found = kinds.map((kind) => ({
      kind,
      prefix: keys.account.record(kind.recordPrefix, ''),
      ids: new Set<string>(),
    }));
    let cursor = '0';
    for (let step = 0; step < MOST_SCANS; step += 1) {
      signal.throwIfAborted();
      const [next, page] = await this.store.scan(cursor, 'MATCH', keys.account.anyRecordPattern, 'COUNT', SCAN_COUNT);
      for (const { prefix, ids } of found) {
        for (const key of page) if (key.startsWith(prefix)) ids.add(key.slice(prefix.length));
      }
      cursor = next;
      if (cursor === '0') break;
    }
    return new Map(found.map(({ kind, ids }) => [kind, [...ids].filter(isAccountId)]));
  }

  /** Ids without a record are left out. */
  async read(kind: NotServedKind, ids: readonly string[]): Promise<readonly NotServedAccount[]> {
    const accounts: NotServedAccount[] = [];
    for (let at = 0; at < ids.length; at += BATCH_SIZE) {
      const batch = ids.slice(at, at + BATCH_SIZE);
      const replies = await repliesOfRightType(this.store.pipeline(batch.map((id) => commandOf(kind, id))));
      for (const [place, id] of batch.entries()) {
        const shown = kind.format === 'json' ? shownOfJson(replies[place]) : shownOfHash(replies[place]);
        if (shown !== null) accounts.push({ kind, id, ...shown });
      }
    }
    return accounts;
  }
}

type Shown = Pick<NotServedAccount, (typeof SHOWN_FIELDS)[number]>;

/** `id` tells a record without a name from none at all. */
function commandOf({ recordPrefix, format }: NotServedKind, id: string): StoreCommand {
  const key = keys.account.record(recordPrefix, id);
  return format === 'json' ? ['get', key] : ['hmget', key, ...SHOWN_FIELDS, 'id'];
}

function shownOfHash(reply: unknown): Shown | null {
  if (!Array.isArray(reply) || reply.every((value) => value === null)) return null;
  const [name, accountType, isActive] = reply as readonly unknown[];
  return toShown({ name, accountType, isActive });
}

function shownOfJson(reply: unknown): Shown | null {
  if (typeof reply !== 'string') return null;
  try {
    const parsed: unknown = JSON.parse(reply);
    return typeof parsed === 'object' && parsed !== null ? toShown(parsed) : null;
  } catch {
    return null;
  }
}

function toShown({ name, accountType, isActive }: { readonly [F in keyof Shown]?: unknown }): Shown {
  return {
    name: typeof name === 'string' ? name : '',
    accountType: typeof accountType === 'string' && accountType !== '' ? accountType : 'shared',
    isActive: String(isActive) === 'true',
  };
}

const toTexts = (reply: unknown): readonly string[] =>
  Array.isArray(reply) ? reply.map(String).filter(isAccountId) : [];
