import { keys } from '@crs/store';
import type { StoredHash } from './key-usage.js';

/** The order in which they are packed. */
const TOKEN_FIELDS = [
  ...['inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens', 'ephemeral5mTokens', 'ephemeral1hTokens'],
];

/** The name of such tokens among those of a counter. */
export const uncostedField = (field: string): string => `uncosted${field.charAt(0).toUpperCase()}${field.slice(1)}`;

/**
 * Databases up to v1.1.162 counted tokens of models without their costs. The first cost that is booked would pass for
 * that of all, so the tokens before it are kept apart, in a hash of the key, to be priced when they are read.
 */
export const KEEP_UNCOSTED = { unless: 'ratedCostMicro', fields: TOKEN_FIELDS };

/** Where it is kept what a counter of a key and model, `usage:{keyId}:model:...`, counted before it had costs. */
export function uncostedHashOf(counter: string): string {
  const [, keyId = ''] = counter.split(':');
  return keys.usage.uncosted(keyId);
}

/**
 * The counter, empty where there is none, with the tokens that have no costs beside its own, each as `uncosted...`. They
 * live for as long as their key, counters of periods do not: without its counter they say nothing any more.
 */
export function withUncosted(counter: StoredHash = {}, packed?: string): StoredHash {
  if (packed === undefined || Object.keys(counter).length === 0) return counter;
  const figures = packed.split(' ');
  const tokens = TOKEN_FIELDS.map((field, i): [string, string] => [uncostedField(field), figures[i] ?? '0']);
  return { ...counter, ...Object.fromEntries(tokens) };
}
