import { Inject, Injectable } from '@nestjs/common';
import type { Settlement, UsageRecord } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { AppConfig } from '../../core/config/app-config.js';
import { Zone } from '../../core/time/zone.js';
import { CountedNames } from './counted-names.js';
import { settleBatch, type SettleReply } from './settle-batch.script.js';
import { batchWritesOf, RECORDS_KEPT } from './usage-writes.js';

/** How long the number of an instance is kept that has ended: its journal may come back out of a backup. */
const ENDED_MARKER_MS = 30 * 86_400_000;

/** Requests that are settled in one step, under one number of their instance. */
export interface NumberedBatch {
  readonly instance: string;
  readonly number: number;
  readonly settlements: readonly Settlement[];
}

/** Writes what requests used. */
@Injectable()
export class SettlementRepository {
  /** v1 keeps minutes for twice the window that its metrics show. */
  private readonly minuteTtlSeconds: number;
  private readonly names = new CountedNames();

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    config: AppConfig,
  ) {
    this.minuteTtlSeconds = config.metricsWindowMinutes * 2 * 60;
  }

  /**
   * Settles a batch in one atomic step, once: the same or a later number of the instance must not have been settled, and
   * the batch `after`, by default the one before, must have been.
   */
  settle(batch: NumberedBatch, after: number = batch.number - 1): Promise<SettleReply> {
    const writes = batchWritesOf(batch.settlements, this.names, this.zone, this.minuteTtlSeconds);
    const args = [batch.number, after, JSON.stringify(writes)];
    return this.store.runScript(settleBatch, [keys.usage.settled(batch.instance)], args);
  }

  /** Number of the last batch of an instance that the store has; 0 = none. */
  async findSettled(instance: string): Promise<number> {
    const text = (await this.store.get(keys.usage.settled(instance))) ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  }

  /**
   * Whether the store has a request, by the last records of its key. In doubt it has: where all that are kept came behind
   * it, so that it would no longer be among them, and where they cannot be read.
   */
  async hasRecord({ report }: UsageRecord): Promise<boolean> {
    const list = keys.usage.records(report.keyId);
    if (!['list', 'none'].includes(await this.store.type(list))) return true;
    const records = await this.store.lrange(list, 0, -1);
    if (records.some((record) => record.includes(JSON.stringify(report.requestId)))) return true;
    const [oldest] = records.slice(RECORDS_KEPT - 1);
    if (oldest === undefined) return false;
    const at = /"timestamp":"([^"]+)"/.exec(oldest)?.[1];
    return at === undefined || at >= report.at.toISOString();
  }

  /** Nothing of this instance will come any more; its number outlives its journal for a while. */
  async retire(instance: string): Promise<void> {
    await this.store.pexpire(keys.usage.settled(instance), ENDED_MARKER_MS);
  }
}
