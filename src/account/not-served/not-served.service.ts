import { ApiKeyDirectory } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { ListResult } from '../../core/http/list-result.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { NOT_SERVED_KINDS, type NotServedKind } from './not-served-kinds.js';
import { type NotServedAccount, NotServedRepository } from './not-served.repository.js';

/** An account that is not served, and how many client keys are bound to it. */
export interface ListedNotServed extends NotServedAccount {
  readonly boundKeys: number;
}

interface Page {
  readonly offset: number;
  readonly limit: number;
}

const SEARCH_TIMEOUT_MS = 60_000;

/** Says which accounts of v1 are not served here. */
@Injectable()
export class NotServedService {
  constructor(
    private readonly repository: NotServedRepository,
    private readonly platforms: PlatformRegistry,
    private readonly apiKeys: ApiKeyDirectory,
  ) {}

  /** By kind, then name. */
  async list({ offset, limit }: Page, signal: AbortSignal): Promise<ListResult<ListedNotServed>> {
    const all = (await this.readAll(signal)).flatMap((accounts) =>
      accounts.toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id)),
    );
    const page = all.slice(offset, offset + limit);
    const fields = [...new Set(page.map(({ kind }) => kind.binding.field))];
    const bound = new Map<string, ReadonlyMap<string, number>>();
    for (const field of fields) bound.set(field, await this.apiKeys.countBindings(field));
    const items = page.map((account) => {
      const { field, prefix } = account.kind.binding;
      return { ...account, boundKeys: bound.get(field)?.get(prefix + account.id) ?? 0 };
    });
    return { items, total: all.length };
  }

  /** How many there are of each kind that has any. */
  async count(signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const accounts of await this.readAll(signal)) {
      const [first] = accounts;
      if (first !== undefined) counts[first.kind.kind] = accounts.length;
    }
    return counts;
  }

  private async readAll(signal: AbortSignal): Promise<readonly (readonly NotServedAccount[])[]> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_TIMEOUT_MS)]);
    const found = await this.idsOf(this.kinds(), bounded);
    return Promise.all([...found].map(([kind, ids]) => this.repository.read(kind, ids)));
  }

  /** A platform of an extension may serve one of them after all. */
  private kinds(): readonly NotServedKind[] {
    const served = new Set(this.platforms.list().map(({ platform }) => platform.account.recordPrefix));
    return NOT_SERVED_KINDS.filter(({ recordPrefix }) => !served.has(recordPrefix));
  }

  /** A database without v1's indexes is searched, each time: nobody but v1 writes them. */
  private async idsOf(
    kinds: readonly NotServedKind[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<NotServedKind, readonly string[]>> {
    const ids = new Map<NotServedKind, readonly string[]>(kinds.map((kind) => [kind, []]));
    const unindexed: NotServedKind[] = [];
    for (const indexed of await this.repository.listIndexed(kinds)) {
      if (indexed.ids === null) unindexed.push(indexed.kind);
      else ids.set(indexed.kind, indexed.ids);
    }
    if (unindexed.length === 0) return ids;
    for (const [kind, found] of await this.repository.scan(unindexed, signal)) ids.set(kind, found);
    return ids;
  }
}
