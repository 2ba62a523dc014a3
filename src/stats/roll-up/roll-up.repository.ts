import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import type { Figures } from './figures.js';
import { readInChunks } from './chunked-read.js';
import { unpackFigures } from './packed-figures.codec.js';

/** One hash of figures, or some fields of it. */
export interface HashRead {
  readonly key: string;
  /** Null: all of them. */
  readonly fields: readonly string[] | null;
}

/** What a hash holds under its fields; fields that are damaged or not there are left out. */
export type FigureFields = readonly (readonly [field: string, figures: Figures])[];

/** Reads roll-ups as they are stored. */
@Injectable()
export class RollUpRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** The first day, `YYYY-MM-DD`, that is in the roll-ups from its beginning; null = none is. */
  readSince(): Promise<string | null> {
    return this.store.get(keys.usage.rollUp.since);
  }

  /** One list per hash, in order; a hash that is not there has no fields. */
  async read(hashes: readonly HashRead[], signal: AbortSignal): Promise<readonly FigureFields[]> {
    const replies = await readInChunks(this.store, hashes.map(toCommand), signal);
    return hashes.map(({ fields }, at) => figuresIn(replies[at], fields));
  }
}

const toCommand = ({ key, fields }: HashRead): StoreCommand =>
  fields === null ? ['hgetall', key] : ['hmget', key, ...fields];

/** A plain loop: an answer may be made of tens of thousands of fields. */
function figuresIn(reply: unknown, fields: readonly string[] | null): FigureFields {
  const found: [field: string, figures: Figures][] = [];
  const add = (field: string, text: string | null | undefined): void => {
    const figures = unpackFigures(text ?? '');
    if (figures !== null) found.push([field, figures]);
  };
  if (fields === null) {
    const hash = (reply ?? {}) as Readonly<Record<string, string>>;
    for (const field of Object.keys(hash)) add(field, hash[field]);
  } else {
    const values = (reply ?? []) as readonly (string | null)[];
    for (const [at, field] of fields.entries()) add(field, values[at]);
  }
  return found;
}
