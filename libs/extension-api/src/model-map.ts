import type { ModelMap } from './account.js';

/**
 * The name under which an account's upstream knows a requested model, or null when the account does not serve it.
 * An empty map serves every model under its own name; a listed name is matched exactly first, then without case.
 */
export function mapModel(map: ModelMap, requested: string): string | null {
  const names = Object.keys(map);
  if (names.length === 0) return requested;
  if (Object.hasOwn(map, requested)) return map[requested] ?? null;
  const folded = requested.toLowerCase();
  const name = names.find((candidate) => candidate.toLowerCase() === folded);
  return name === undefined ? null : (map[name] ?? null);
}
