import { readFileSync } from 'node:fs';
import type { StoreScript } from './script.js';

/** A script whose Lua stands in its own file. */
export interface ScriptDefinition<R> extends Omit<StoreScript<R>, 'lua'> {
  /** The Lua file, beside the definition: `new URL('./verb-noun.lua', import.meta.url)`. */
  readonly source: URL;
}

/**
 * Reads the Lua of a script when its module is loaded, so that a missing file stops the boot.
 *
 * @example
 * export const reserveSlot = defineScript({
 *   name: 'reserve-slot',
 *   source: new URL('./reserve-slot.lua', import.meta.url),
 *   transaction: (tx, [key = ''], [limit = '']) => (tx.zcard(key) < Number(limit) ? 1 : 0),
 *   parse: (reply) => reply === 1,
 * });
 */
export function defineScript<R>({ source, ...script }: ScriptDefinition<R>): StoreScript<R> {
  return { ...script, lua: readFileSync(source, 'utf8') };
}
