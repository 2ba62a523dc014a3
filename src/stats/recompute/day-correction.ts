import { setImmediate } from 'node:timers/promises';
import { ConflictException, Injectable } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeySummary, toApiKeyId } from '@crs/extension-api';
import { Zone } from '../../core/time/zone.js';
import { isClaudeFamily, OTHER_MODELS } from '../model-name.js';
import { PriceBook } from '../pricing/price-book.js';
import { type ServiceRates, serviceRateOf } from '../pricing/service-rate.js';
import { ServiceRateRepository } from '../service-rate.repository.js';
import { modelOfField } from '../roll-up/roll-up-fields.js';
import { accountCorrections } from './account-corrections.js';
import { isNothing } from './correction.codec.js';
import { accountWritesOf, keyWritesOf } from './correction-writes.js';
import { RecomputeRepository } from './recompute.repository.js';
import { zip } from './zip.js';
import { correctRow, type RowCorrection, type StoredRow } from './row-correction.js';

/** How often a key's day is read again because somebody else has corrected it in between. */
const MAX_ATTEMPTS = 5;
/** Keys that are read at once. */
const CHUNK_SIZE = 50;

/** A day whose costs are looked at. */
export interface DayToCorrect {
  readonly day: string;
  /** Epoch ms. */
  readonly startsAt: number;
  /** Only this key or model (as counted), where given. */
  readonly keyId: string | undefined;
  readonly model: string | undefined;
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** The keys that were looked up for other days already; null = gone for good. */
  readonly knownKeys: Map<string, ApiKeySummary | null>;
}

/** Prices a day again. */
@Injectable()
export class DayCorrection {
  constructor(
    private readonly repository: RecomputeRepository,
    private readonly book: PriceBook,
    private readonly rates: ServiceRateRepository,
    private readonly directory: ApiKeyDirectory,
    private readonly zone: Zone,
  ) {}

  /**
   * Hands out each row as it is corrected.
   *
   * @throws ConflictException when another process corrects the same day again and again
   */
  async correct(day: DayToCorrect, signal: AbortSignal, take: (row: RowCorrection) => void): Promise<void> {
    const keyIds = day.keyId === undefined ? await this.repository.listKeys(day.day, signal) : [day.keyId];
    for (let at = 0; at < keyIds.length; at += CHUNK_SIZE) {
      const chunk = keyIds.slice(at, at + CHUNK_SIZE);
      const rows = await this.repository.readKeys(day.day, chunk, signal);
      for (const [keyId, stored] of zip(chunk, rows)) {
        (await this.correctKey(day, keyId, stored, signal)).forEach(take);
        // The embedded store writes on the thread that also relays requests.
        await setImmediate();
      }
    }
    if (!day.dryRun) await this.correctAccounts(day, signal);
  }

  private async correctKey(
    day: DayToCorrect,
    keyId: string,
    stored: readonly StoredRow[],
    signal: AbortSignal,
  ): Promise<readonly RowCorrection[]> {
    const key = await this.findKey(keyId, day);
    let rows = stored;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const corrections = await this.priceAgain(day, key, rows);
      const isSame = corrections.every(({ change }) => isNothing(change));
      if (day.dryRun || isSame) return corrections;
      const writes = keyWritesOf({ keyId, key, day: day.day, startsAt: day.startsAt }, corrections, this.zone);
      if (await this.repository.writeKey(day.day, keyId, writes)) return corrections;
      [rows = []] = await this.repository.readKeys(day.day, [keyId], signal);
    }
    throw othersCorrect();
  }

  private async findKey(keyId: string, { knownKeys }: DayToCorrect): Promise<ApiKeySummary | null> {
    const known = knownKeys.get(keyId);
    if (known !== undefined) return known;
    const key = await this.directory.findSummary(toApiKeyId(keyId));
    knownKeys.set(keyId, key);
    return key;
  }

  private async priceAgain(
    day: DayToCorrect,
    key: ApiKeySummary | null,
    rows: readonly StoredRow[],
  ): Promise<readonly RowCorrection[]> {
    const global = await this.rates.getRates();
    const at = new Date(this.zone.nextDay(day.startsAt) - 1);
    return rows
      .filter(({ field }) => {
        const model = modelOfField(field);
        // Nobody knows any more which models those were.
        return model !== OTHER_MODELS && model === (day.model ?? model);
      })
      .map((row) => {
        const model = modelOfField(row.field);
        return correctRow(row, { found: this.book.find(model, at), rate: rateOf(model, global, key) });
      });
  }

  /** Again for the whole day, so that what an earlier run left undone is done, too. */
  private async correctAccounts({ day, startsAt }: DayToCorrect, signal: AbortSignal): Promise<void> {
    const byModel = await this.repository.readModelCorrections(day);
    const rows = await this.repository.readAccounts(day, signal);
    const corrections = accountCorrections(byModel, rows);
    for (const accountId of new Set(corrections.map((correction) => correction.accountId))) {
      const own = corrections.filter((correction) => correction.accountId === accountId);
      const writes = accountWritesOf(accountId, day, this.zone.month(startsAt), own);
      if (!(await this.repository.writeAccount(day, accountId, writes))) throw othersCorrect();
    }
  }
}

/** Roll-ups do not name the service; a model of the Claude family is taken for one of Claude accounts. */
const rateOf = (model: string, global: ServiceRates, key: ApiKeySummary | null): number =>
  serviceRateOf(isClaudeFamily(model) ? 'claude' : 'codex', global, key?.serviceRates ?? {});

const othersCorrect = (): ConflictException =>
  new ConflictException('Another process is correcting the same costs. What was done stays; try again in a minute.');
