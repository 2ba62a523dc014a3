import { createHash } from 'node:crypto';
import type { StoreCommand } from '@crs/store';

/** The types of keys that both stores have. */
const CARRIED_TYPES = ['string', 'hash', 'set', 'list', 'zset'] as const;
export type CarriedType = (typeof CARRIED_TYPES)[number];

/** All of one key, in an order that compares. */
export interface StoredValue {
  readonly type: CarriedType;
  /** A string: its text. A hash: field, value, ... A sorted set: member, score, ... Else the members or items. */
  readonly parts: readonly string[];
}

const NO_FIELDS: ReadonlySet<string> = new Set();
const FINGERPRINT_BYTES = 12;
/** Parts of one command: a call with hundreds of thousands of arguments does not fit on the stack. */
const PARTS_PER_COMMAND = 1000;

export const isCarriedType = (type: string): type is CarriedType => CARRIED_TYPES.some((carried) => carried === type);

/** Reads all of a key; `withScores` where the store can give them together with the members. */
export function readCommand(key: string, type: CarriedType, withScores: boolean): StoreCommand {
  switch (type) {
    case 'string':
      return ['get', key];
    case 'hash':
      return ['hgetall', key];
    case 'set':
      return ['smembers', key];
    case 'list':
      return ['lrange', key, 0, -1];
    case 'zset':
      return withScores ? ['zrange', key, 0, -1, 'WITHSCORES'] : ['zrange', key, 0, -1];
  }
}

/** What such a command answered; null when the key has gone since its type was asked for. */
export function toStoredValue(type: CarriedType, reply: unknown): StoredValue | null {
  if (type === 'string') return typeof reply === 'string' ? { type, parts: [reply] } : null;
  const parts = partsOf(type, reply);
  return parts.length === 0 ? null : { type, parts };
}

function partsOf(type: Exclude<CarriedType, 'string'>, reply: unknown): string[] {
  if (type === 'hash') {
    const fields = typeof reply === 'object' && reply !== null ? Object.entries(reply) : [];
    return sorted(fields.map(([field, value]) => [field, String(value)]));
  }
  const texts = Array.isArray(reply) ? reply.map(String) : [];
  switch (type) {
    case 'set':
      return texts.sort();
    case 'list':
      return texts;
    case 'zset':
      return sorted(pairsOf(texts).map(([member, score]) => [member, toScore(score)]));
  }
}

/** The same text for the same number, however a store prints it. */
function toScore(text: string): string {
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite === null) return String(Number(text));
  return infinite[1] === '-' ? '-inf' : 'inf';
}

const sorted = (pairs: [string, string][]): string[] => pairs.sort(([left], [right]) => (left < right ? -1 : 1)).flat();

export function pairsOf(parts: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) pairs.push([String(parts[at]), String(parts[at + 1])]);
  return pairs;
}

/** A short hash of type and value: the same on every store, without the time to live and what `passing` names. */
export const fingerprintOf = ({ type, parts }: StoredValue, passing = NO_FIELDS): string =>
  createHash('sha256')
    .update(JSON.stringify([type, ...(passing.size === 0 ? parts : withoutFields(parts, passing))]))
    .digest()
    .subarray(0, FINGERPRINT_BYTES)
    .toString('base64url');

const withoutFields = (parts: readonly string[], fields: ReadonlySet<string>): string[] =>
  pairsOf(parts)
    .filter(([field]) => !fields.has(field))
    .flat();

/** Makes a key exactly this value, whatever it was before; to be carried out together. `ttlMs`: null = for ever. */
export function writeCommands(
  key: string,
  { type, parts }: StoredValue,
  ttlMs: number | null,
  { manyScores }: { readonly manyScores: boolean },
): StoreCommand[] {
  return [
    ['del', key],
    ...fillCommands(key, type, parts, manyScores ? PARTS_PER_COMMAND : 2),
    ...(ttlMs === null ? [] : [['pexpire', key, ttlMs] as StoreCommand]),
  ];
}

function fillCommands(key: string, type: CarriedType, parts: readonly string[], partsOfScores: number): StoreCommand[] {
  switch (type) {
    case 'string':
      return [['set', key, ...parts]];
    case 'hash':
      return inChunks(parts).map((chunk) => ['hset', key, ...chunk]);
    case 'set':
      return inChunks(parts).map((chunk) => ['sadd', key, ...chunk]);
    case 'list':
      return inChunks([...parts].reverse()).map((chunk) => ['lpush', key, ...chunk]);
    case 'zset':
      return inChunks(scoresFirst(parts), partsOfScores).map((chunk) => ['zadd', key, ...chunk]);
  }
}

const scoresFirst = (parts: readonly string[]): string[] =>
  pairsOf(parts).flatMap(([member, score]) => [score, member]);

function inChunks(parts: readonly string[], size = PARTS_PER_COMMAND): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < parts.length; at += size) chunks.push(parts.slice(at, at + size));
  return chunks;
}
