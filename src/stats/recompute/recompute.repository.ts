import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { readInChunks } from '../roll-up/chunked-read.js';
import { RollUpRepository } from '../roll-up/roll-up.repository.js';
import type { AccountRow } from './account-corrections.js';
import { type CostWrites, correctCosts } from './correct-costs.script.js';
import { type Correction, unpackCorrection } from './correction.codec.js';
import { holdLock } from '../../core/store/hold-lock.script.js';
import type { StoredRow } from './row-correction.js';
import { zip } from './zip.js';

/** Reads what a day was booked and corrected by, and writes its corrections. */
@Injectable()
export class RecomputeRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly rollUps: RollUpRepository,
  ) {}

  /** The first day, `YYYY-MM-DD`, that the roll-ups have from its beginning. */
  readSince(): Promise<string | null> {
    return this.rollUps.readSince();
  }

  /** Everybody who used something on a day. */
  async listKeys(day: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.fieldsOf(keys.usage.rollUp.totals('day', day, 'key'), signal);
  }

  /** What keys used on a day by model and tier, in the order of the keys. */
  readKeys(day: string, keyIds: readonly string[], signal: AbortSignal): Promise<readonly (readonly StoredRow[])[]> {
    const { rollUp } = keys.usage;
    return this.readRows(
      keyIds.map((id) => ({ rollUp: rollUp.keyModels('day', day, id), corrections: rollUp.keyCorrections(day, id) })),
      signal,
    );
  }

  /** By what the day was corrected in all, by model. */
  async readModelCorrections(day: string): Promise<ReadonlyMap<string, Correction>> {
    const stored = await this.store.hgetall(keys.usage.rollUp.modelCorrections(day));
    return new Map(Object.entries(stored).map(([model, text]) => [model, unpackCorrection(text)]));
  }

  /** What accounts served on a day by model. */
  async readAccounts(day: string, signal: AbortSignal): Promise<readonly AccountRow[]> {
    const { rollUp } = keys.usage;
    const ids = await this.fieldsOf(rollUp.totals('day', day, 'account'), signal);
    const hashes = ids.map((id) => ({
      rollUp: rollUp.accountModels('day', day, id),
      corrections: rollUp.accountCorrections(day, id),
    }));
    return zip(ids, await this.readRows(hashes, signal)).flatMap(([accountId, rows]) =>
      rows.map(({ field, ...row }) => ({ accountId, model: field, ...row })),
    );
  }

  /** False: the key's day was corrected by somebody else since it was read; nothing was written. */
  writeKey(day: string, keyId: string, writes: CostWrites): Promise<boolean> {
    return this.write(keys.usage.rollUp.keyCorrections(day, keyId), day, writes);
  }

  /** False: the account's day was corrected by somebody else since it was read; nothing was written. */
  writeAccount(day: string, accountId: string, writes: CostWrites): Promise<boolean> {
    return this.write(keys.usage.rollUp.accountCorrections(day, accountId), day, writes);
  }

  /** Takes or renews the right to correct costs; false when somebody else has it. 0 ms gives it back. */
  hold(who: string, ms: number): Promise<boolean> {
    return this.store.runScript(holdLock, [keys.usage.rollUp.correcting], [who, ms]);
  }

  private write(corrections: string, day: string, writes: CostWrites): Promise<boolean> {
    const models = keys.usage.rollUp.modelCorrections(day);
    return this.store.runScript(correctCosts, [corrections, models], [JSON.stringify(writes)]);
  }

  private async fieldsOf(hash: string, signal: AbortSignal): Promise<readonly string[]> {
    const read = await this.rollUps.read([{ key: hash, fields: null }], signal);
    return read.flatMap((fields) => fields.map(([field]) => field)).sort();
  }

  private async readRows(
    hashes: readonly { readonly rollUp: string; readonly corrections: string }[],
    signal: AbortSignal,
  ): Promise<readonly (readonly StoredRow[])[]> {
    const figures = await this.rollUps.read(
      hashes.map(({ rollUp }) => ({ key: rollUp, fields: null })),
      signal,
    );
    const corrections = await readInChunks(
      this.store,
      hashes.map(({ corrections: hash }) => ['hgetall', hash]),
      signal,
    );
    return zip(figures, corrections.map(toHash)).map(([fields, own]) =>
      fields.map(([field, ofField]) => ({ field, figures: ofField, correction: own[field] })),
    );
  }
}

/** A key of another type corrects nothing. */
const toHash = (reply: unknown): Readonly<Record<string, string>> => (reply ?? {}) as Readonly<Record<string, string>>;
