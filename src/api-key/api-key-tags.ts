/** Tags that a key may have, and characters of one, where they are set here; v1 knows no bounds. */
export const MAX_TAGS = 50;
export const MAX_TAG_LENGTH = 50;

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
