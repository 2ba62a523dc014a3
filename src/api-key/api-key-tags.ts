import { NO_CONTROL_CHARACTERS, tidyText } from '../core/http/tidy-text.js';

/** Tags that a key may have, and characters of one, where they are set here; v1 knows no bounds. */
export const MAX_TAGS = 50;
export const MAX_TAG_LENGTH = 50;

/** Such a segment never arrives: a client takes it out of the path, so the tag could not be named. */
const UNADDRESSABLE: readonly string[] = ['.', '..'];

export const isAddressable = (tag: string): boolean => !UNADDRESSABLE.includes(tag);

/** What is wrong with a list of tags for a key that has `current`, which v1 may have let it have; null when nothing is. */
export function complaintOfTags(tags: readonly string[], current: readonly string[]): string | null {
  if (tags.length > MAX_TAGS && tags.length > current.length) return `may hold at most ${String(MAX_TAGS)} items`;
  const kept = new Set(current.map((tag) => tidyText({ value: tag })));
  const added = tags.filter((tag) => !kept.has(tag));
  if (added.some((tag) => tag === '' || tag.length > MAX_TAG_LENGTH)) {
    return `must hold texts of 1 to ${String(MAX_TAG_LENGTH)} characters`;
  }
  if (!added.every((tag) => NO_CONTROL_CHARACTERS.test(tag))) return 'must not hold control characters';
  return added.every(isAddressable) ? null : 'must not hold . or .., which no path can name';
}

export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** The tags of a key after a change, each once. */
export function changeTags(tags: readonly string[], { add, remove }: TagChange): readonly string[] {
  return [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])];
}

/** The same tags with one in the place of another. */
export function renameTag(tags: readonly string[], from: string, to: string): readonly string[] {
  return [...new Set(tags.map((tag) => (tag === from ? to : tag)))];
}
