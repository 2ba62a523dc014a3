import type { ServiceName } from '@crs/extension-api';
import { parseNameMember } from './api-key-index-entry.js';

/** Which keys a list shall hold. */
export interface ApiKeyFilter {
  /** `live`: those that are not deleted. */
  readonly deletion: 'live' | 'deleted' | 'any';
  /** Null: both. */
  readonly isActive: boolean | null;
  /** Keys that may use this service; null: all. */
  readonly service: ServiceName | null;
  /** Keys that have this tag; null: all. */
  readonly tag: string | null;
  /** Part of the name in any case; empty: all. */
  readonly search: string;
}

/** What a list can be ordered by. Costs are those that the limits of a key count, in USD. */
export const API_KEY_SORTS = ['name', 'createdAt', 'lastUsedAt', 'cost', 'costToday', 'costMonth'] as const;
export type ApiKeySort = (typeof API_KEY_SORTS)[number];

/** Members of v1's index sets in their order; what a list does not need may be missing. */
export interface IndexSets {
  /** Ids of all keys, the oldest first. */
  readonly created: readonly string[];
  /** Ids, the never used first, then by the last use. */
  readonly used?: readonly string[];
  /** Members of the name index. */
  readonly names?: readonly string[];
  readonly active?: readonly string[];
  readonly deleted?: readonly string[];
  readonly tagged?: readonly string[];
}

/** The ids that pass a filter (its service apart), ascending; by a cost they are not ordered yet. */
export function selectIds(sets: IndexSets, filter: ApiKeyFilter, sort: ApiKeySort): readonly string[] {
  const rules = rulesOf(sets, filter);
  return ordered(sets, sort).filter((id) => rules.every((passes) => passes(id)));
}

function ordered({ created, used = [], names = [] }: IndexSets, sort: ApiKeySort): readonly string[] {
  if (sort === 'lastUsedAt') return complete(used, created);
  if (sort === 'name')
    return complete(
      names.map((member) => parseNameMember(member).id),
      created,
    );
  return created;
}

/** A key that an index has lost comes first, one that only the index knows not at all. */
function complete(ids: readonly string[], all: readonly string[]): readonly string[] {
  const [indexed, known] = [new Set(ids), new Set(all)];
  return [...all.filter((id) => !indexed.has(id)), ...[...indexed].filter((id) => known.has(id))];
}

function rulesOf(sets: IndexSets, filter: ApiKeyFilter): readonly ((id: string) => boolean)[] {
  return [
    ...(filter.deletion === 'any' ? [] : [among(sets.deleted, filter.deletion === 'deleted')]),
    ...(filter.isActive === null ? [] : [among(sets.active, filter.isActive)]),
    ...(filter.tag === null ? [] : [among(sets.tagged, true)]),
    ...(filter.search === '' ? [] : [among(idsNamed(sets.names, filter.search), true)]),
  ];
}

function among(members: readonly string[] | undefined, wanted: boolean): (id: string) => boolean {
  const set = new Set(members);
  return (id) => set.has(id) === wanted;
}

function idsNamed(members: readonly string[] | undefined, search: string): readonly string[] {
  const part = search.toLowerCase();
  return (members ?? []).map(parseNameMember).flatMap(({ id, name }) => (name.includes(part) ? [id] : []));
}
