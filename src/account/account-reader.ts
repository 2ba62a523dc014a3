import type { AccountKind } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { type AccountEntry, AccountEntryFactory } from './account-entry.factory.js';
import { isAccountId } from './account-record.js';
import { type AccountRow, AccountRowRepository } from './account-row.repository.js';
import { AccountRepository } from './account.repository.js';

/** Reads accounts with their marks, fresh, in as few round trips as it takes. */
@Injectable()
export class AccountReader {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly rows: AccountRowRepository,
    private readonly repository: AccountRepository,
    private readonly factory: AccountEntryFactory,
  ) {}

  /**
   * All accounts of a platform, in the order of priority, then age. One round trip when `known` (what the last reading
   * gave) still names the accounts and their quota days; one or two more where something is new.
   */
  async readAll(platform: string, known: readonly AccountEntry[] = []): Promise<readonly AccountEntry[]> {
    const { account: kind } = this.platforms.get(platform);
    const plans = known.map(({ stored }) => ({
      id: stored.id,
      quotaDay: this.factory.quotaDayOf(stored)?.key ?? null,
    }));
    const first = await this.rows.readWithIndex(kind, plans);
    const ids = first.ids.length > 0 ? first.ids : await this.repository.listIds(kind);
    const listed = new Set(ids);
    const planned = new Set(plans.map(({ id }) => id));
    const added = await this.rows.read(kind, ids.filter((id) => !planned.has(id)).map(withoutQuota));
    const rows = [...first.rows.filter(({ id }) => listed.has(id)), ...added];
    const entries = await this.toEntries(platform, kind, rows, known);
    return [...entries].sort(byPriorityThenAge);
  }

  /** Null when there is no such account. */
  async find(platform: string, id: string): Promise<AccountEntry | null> {
    if (!isAccountId(id)) return null;
    const { account: kind } = this.platforms.get(platform);
    const [entry] = await this.toEntries(platform, kind, await this.rows.read(kind, [withoutQuota(id)]), []);
    return entry ?? null;
  }

  private async toEntries(
    platform: string,
    kind: AccountKind,
    rows: readonly AccountRow[],
    known: readonly AccountEntry[],
  ): Promise<readonly AccountEntry[]> {
    const drafts = rows.map((row) => this.factory.draft(kind, row));
    const unread = drafts.flatMap(({ row, quotaDay }) =>
      quotaDay === null || quotaDay.key === row.quotaDay ? [] : [{ id: row.id, quotaDay: quotaDay.key }],
    );
    const figures = await this.rows.readQuotas(unread);
    const spentById = new Map(unread.map(({ id }, index) => [id, figures[index] ?? null]));
    const knownById = new Map(known.map((entry) => [entry.stored.id, entry]));
    return drafts.map((draft) => {
      const { id, quotaSpent } = draft.row;
      const spent = spentById.has(id) ? (spentById.get(id) ?? null) : quotaSpent;
      return this.factory.complete(platform, kind, draft, spent, knownById.get(id));
    });
  }
}

const withoutQuota = (id: string) => ({ id, quotaDay: null });

function byPriorityThenAge({ stored: a }: AccountEntry, { stored: b }: AccountEntry): number {
  const byAge = (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0);
  return a.priority - b.priority || byAge || (a.id < b.id ? -1 : 1);
}
