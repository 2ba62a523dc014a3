import { accepts, type Format, type FormatAt, formatsOf, patternOf } from './v1-format.ts';
import { DOCUMENTED_SHAPES, type Life, REMOVED_BY_V1 } from './v1-documented-shapes.ts';
import { readGolden, type StoredKey } from './v1-golden.ts';
import type { DumpedKey } from './store-dump.ts';

/** Seconds that v1 lets keys live; what it wrote was read out a few seconds later. */
const LIVES = [60, 300, 600, 1800, 3600, 86_400, 172_800, 259_200, 604_800, 1_209_600].concat(
  [30, 32, 90, 365].map((days) => days * 86_400),
);
const READ_WITHIN_SECONDS = 30;

interface Shape {
  readonly type: string;
  readonly lives: Set<Life>;
  readonly formats: Map<string, Set<Format>>;
  /** Paths that every one has. */
  required: ReadonlySet<string> | null;
}

/** What keys of the newest v1 look like: read off its database, and completed with what is documented of it. */
class V1Shapes {
  private readonly shapes = new Map<string, Shape>();

  static known(): V1Shapes {
    const shapes = new V1Shapes();
    for (const stored of readGolden('1.1.314')) shapes.learn(stored);
    for (const { pattern, type, lives, formats } of DOCUMENTED_SHAPES) {
      const shape = shapes.shapeOf(pattern, type);
      for (const life of lives) shape.lives.add(life);
      for (const [path, allowed] of Object.entries(formats)) allow(shape, path, allowed);
    }
    return shapes;
  }

  /**
   * What is wrong with a key as v1 would read it; empty when nothing is. Of a key that was there before, only what
   * changed is looked at.
   */
  faultsOf(key: string, now: DumpedKey, before?: DumpedKey): string[] {
    const pattern = patternOf(key);
    const shape = this.shapes.get(pattern);
    if (shape === undefined) return [`${key}: v1 knows no key like ${pattern}`];
    if (shape.type !== now.type) return [`${key}: is a ${now.type}, in v1 a ${shape.type}`];
    return [...lifeFaults(shape, now), ...valueFaults(shape, now, before)].map((fault) => `${key}: ${fault}`);
  }

  private learn(stored: StoredKey): void {
    const shape = this.shapeOf(patternOf(stored.key), stored.type);
    shape.lives.add(lifeOf(stored.ttlMs));
    for (const part of partsOf(stored.value)) {
      for (const [path, format] of part.formats) allow(shape, path, [format]);
      requireOnly(shape, part);
    }
  }

  private shapeOf(pattern: string, type: string): Shape {
    const known = this.shapes.get(pattern);
    if (known !== undefined) return known;
    const shape: Shape = { type, lives: new Set(), formats: new Map(), required: null };
    this.shapes.set(pattern, shape);
    return shape;
  }
}

function allow(shape: Shape, path: string, formats: readonly Format[]): void {
  const name = wildcardOf(path);
  const allowed = shape.formats.get(name) ?? new Set();
  for (const format of formats) allowed.add(format);
  shape.formats.set(name, allowed);
}

function requireOnly(shape: Shape, { formats }: Part): void {
  const paths = new Set(formats.map(([path]) => wildcardOf(path)).filter((path) => !path.includes('*')));
  shape.required = shape.required === null ? paths : new Set([...shape.required].filter((path) => paths.has(path)));
}

function lifeOf(ttlMs: number): Life {
  if (ttlMs < 0) return 'for ever';
  return LIVES.find((life) => life * 1000 >= ttlMs) ?? 'any';
}

function lifeFaults({ lives }: Shape, { ttlSeconds }: DumpedKey): string[] {
  const isRight = [...lives].some((life) => {
    if (life === 'any') return ttlSeconds !== null;
    if (life === 'for ever' || ttlSeconds === null) return life === 'for ever' && ttlSeconds === null;
    return ttlSeconds <= life && ttlSeconds > life - READ_WITHIN_SECONDS;
  });
  return isRight ? [] : [`lives ${ttlSeconds ?? 'for ever'}, in v1 ${[...lives].join(' or ')}`];
}

function valueFaults(shape: Shape, now: DumpedKey, before?: DumpedKey): string[] {
  const known = new Set(before === undefined ? [] : partsOf(before.value).map(({ text }) => text));
  const isHash = now.type === 'hash';
  const old = new Map(isHash && before !== undefined ? Object.entries(before.value as Record<string, string>) : []);
  return partsOf(now.value)
    .filter(({ text }) => !known.has(text))
    .flatMap(({ formats }) => {
      const paths = new Set(formats.map(([path]) => wildcardOf(path)));
      const missing = [...(isHash && before !== undefined ? keptOf(old, shape) : (shape.required ?? []))];
      return [
        ...missing.filter((path) => !paths.has(path)).map((path) => `lacks ${path || 'itself'}`),
        ...formats
          .filter(([path]) => !isHash || !isSameField(path, now, old))
          .flatMap(([path, format]) => formatFaults(shape, path, format)),
      ];
    });
}

const isSameField = (path: string, now: DumpedKey, old: ReadonlyMap<string, string>): boolean => {
  const [field = ''] = path.split(/[.[]/);
  return old.has(field) && old.get(field) === (now.value as Record<string, string>)[field];
};

/** Fields of a hash that v1 never takes away. */
const keptOf = (old: ReadonlyMap<string, string>, { required }: Shape): string[] =>
  [...old.keys()].filter((field) => required?.has(field));

function formatFaults({ formats }: Shape, path: string, format: Format): string[] {
  const allowed = formats.get(wildcardOf(path));
  if (allowed === undefined) return [`has ${path || 'a value'} (${format}), which v1 does not know`];
  return accepts(allowed, format) ? [] : [`has ${path || 'a value'} as ${format}, in v1 ${[...allowed].join(' or ')}`];
}

/** Names in a map are not part of its shape. */
const MAPS = /^(supportedModels\.|serviceRates\.|\[\]\.context\.|model:).*?(:[a-zA-Z0-9]+)?$/;
const wildcardOf = (path: string): string => path.replace(/^[0-9a-f]{64}$/, '*').replace(MAPS, '$1*$2');

/** A value that stands for itself: a string, a hash, a member with its score, or an entry of a list. */
interface Part {
  readonly text: string;
  readonly formats: readonly FormatAt[];
}

function partsOf(value: unknown): Part[] {
  if (typeof value === 'string') return [{ text: value, formats: formatsOf(value) }];
  if (Array.isArray(value)) return value.map(memberOf);
  return [{ text: JSON.stringify(value), formats: hashFormats(value as Record<string, string>) }];
}

function memberOf(member: unknown): Part {
  if (!Array.isArray(member)) return { text: String(member), formats: formatsOf(String(member), '[]') };
  const [name, score] = member as [string, string | number];
  const formats = [...formatsOf(name, '[]'), ...formatsOf(String(score), 'score')];
  return { text: JSON.stringify([name, Number(score)]), formats };
}

const hashFormats = (fields: Readonly<Record<string, string>>): FormatAt[] =>
  Object.entries(fields).flatMap(([field, text]) => formatsOf(text, field));

type Dump = Readonly<Record<string, DumpedKey>>;

/** What of a database v1 would not read as its own, since it was as before. What begins with `v2:` is none of its business. */
export function faultsBetween(before: Dump, after: Dump): string[] {
  const shapes = V1Shapes.known();
  const gone = Object.keys(before).filter((key) => !(key in after) && !key.startsWith('v2:'));
  return [
    ...changedEntries(before, after).flatMap(([key, now]) => shapes.faultsOf(key, now, before[key])),
    ...gone.filter((key) => !REMOVED_BY_V1.has(patternOf(key))).map((key) => `${key}: is gone`),
  ];
}

/** Keys of v1 that are new or not as before. */
export const changedKeys = (before: Dump, after: Dump): string[] => changedEntries(before, after).map(([key]) => key);

const changedEntries = (before: Dump, after: Dump): [key: string, now: DumpedKey][] =>
  Object.entries(after).filter(([key, now]) => !key.startsWith('v2:') && isChanged(before[key], now));

function isChanged(before: DumpedKey | undefined, now: DumpedKey): boolean {
  if (before === undefined || JSON.stringify(before.value) !== JSON.stringify(now.value)) return true;
  // Times to live run down by themselves.
  return before.ttlSeconds === null ? now.ttlSeconds !== null : (now.ttlSeconds ?? Infinity) > before.ttlSeconds;
}
