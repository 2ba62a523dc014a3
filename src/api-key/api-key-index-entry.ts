import type { ApiKeyRecord } from './api-key-record.js';

const SEPARATOR = '\0';

/** In which of v1's state sets a key stands; a key that is neither served nor deleted stands in none. */
type ApiKeyState = 'active' | 'disabled' | 'deleted';

/** What v1's index says of one key. Scores are epoch milliseconds as text: 0 = never. */
export interface ApiKeyIndexEntry {
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly nameMember: string;
  readonly state: ApiKeyState;
  readonly tags: readonly string[];
}

export function indexEntryOf(record: ApiKeyRecord): ApiKeyIndexEntry {
  return {
    createdAt: scoreOf(record.createdAt),
    lastUsedAt: scoreOf(record.lastUsedAt),
    nameMember: `${record.name.toLowerCase()}${SEPARATOR}${record.id}`,
    state: stateOf(record),
    tags: [...new Set(record.tags.filter((tag) => tag !== ''))],
  };
}

/** The id and the lower-cased name that a member of the name index stands for. */
export function parseNameMember(member: string): { readonly id: string; readonly name: string } {
  const at = member.lastIndexOf(SEPARATOR);
  return { id: member.slice(at + 1), name: member.slice(0, Math.max(at, 0)) };
}

function stateOf({ deletion, isActive }: ApiKeyRecord): ApiKeyState {
  if (deletion !== null) return 'deleted';
  return isActive ? 'active' : 'disabled';
}

const scoreOf = (date: Date | null): string => String(date?.getTime() ?? 0);
