const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id that a path names, as records are keyed by it: a UUID in lower case. Null for any other text, which can be no
 * id; so nothing that somebody typed becomes part of a key of the store.
 */
export function toRecordId(text: string): string | null {
  const id = text.toLowerCase();
  return UUID.test(id) ? id : null;
}
