import type { StoreCommand } from '@crs/store';
import type { KeyState } from './decide-key.js';
import { identityOf } from './record-identity.js';
import type { Side } from './side.js';
import { type CarriedType, isCarriedType, readCommand, type StoredValue, toStoredValue } from './stored-value.js';

/** A key as it is. */
interface FoundKey extends KeyState {
  readonly kind: 'found';
  readonly value: StoredValue;
}

/** What stands under a name. */
export type KeyReading = FoundKey | { readonly kind: 'absent' } | { readonly kind: 'unfit'; readonly reason: string };

/** What a decoder puts for bytes that are no text. */
const REPLACED = '\uFFFD';
const ABSENT: KeyReading = { kind: 'absent' };
const unfit = (reason: string): KeyReading => ({ kind: 'unfit', reason });

/** Reads keys whole, in two or three round trips for all of them together. In the order of `keys`. */
export async function readKeys(side: Side, keys: readonly string[], now: () => number): Promise<KeyReading[]> {
  const types = await side.read(keys.map((key) => ['type', key]));
  const typed = keys.map((key, at) => ({ key, type: String(types[at]) }));
  const fit = typed.filter((each): each is Typed => isCarriedType(each.type));
  const replies = await side.read(
    fit.flatMap(({ key, type }): StoreCommand[] => [['pttl', key], readCommand(key, type, side.isRedis)]),
  );
  const readings = new Map<string, KeyReading>();
  for (const [at, each] of fit.entries()) {
    readings.set(each.key, await toReading(side, each, replies.slice(2 * at, 2 * at + 2), now()));
  }
  return typed.map(
    ({ key, type }) => readings.get(key) ?? (type === 'none' ? ABSENT : unfit(`it is a ${type}, which only v1 uses`)),
  );
}

interface Typed {
  readonly key: string;
  readonly type: CarriedType;
}

async function toReading(side: Side, { key, type }: Typed, [pttl, reply]: unknown[], now: number): Promise<KeyReading> {
  const ttlMs = Number(pttl);
  const whole = type === 'zset' && !side.isRedis ? await withScores(side, key, reply) : reply;
  const value = toStoredValue(type, whole);
  if (value === null || ttlMs === -2) return ABSENT;
  if (value.parts.some((part) => part.includes(REPLACED)) && !(await side.isText(...rawCommands(key, type)))) {
    return unfit('it holds bytes that are no text (UTF-8)');
  }
  const endsAt = ttlMs < 0 ? null : now + ttlMs;
  return { kind: 'found', value, endsAt, ...identityOf(key, value) };
}

async function withScores(side: Side, key: string, members: unknown): Promise<string[]> {
  const texts = Array.isArray(members) ? members.map(String) : [];
  const scores = await side.read(texts.map((member) => ['zscore', key, member]));
  return texts.flatMap((member, at) => [member, String(scores[at])]);
}

/** Reads the same with replies that stay bytes: the client makes an object of a hash, with names that are text. */
const rawCommands = (key: string, type: CarriedType): StoreCommand[] =>
  type === 'hash'
    ? [
        ['hkeys', key],
        ['hvals', key],
      ]
    : [readCommand(key, type, false)];

/** Whether a name that nothing stands under is another one, whose bytes are no text. */
export const isNameOfBytes = (name: string): boolean => name.includes(REPLACED);
