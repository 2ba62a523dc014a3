import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeySummary } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Zone } from '../core/time/zone.js';
import { KeyModelSearch } from './key-model-search.js';
import type { KeyCounters, KeyCosts, KeyRunning, KeyWindow, ModelCounters, StoredKeyUsage } from './key-usage.js';

/** Monthly counters live 365 days, so at most that many months before the current one can hold any. */
const EARLIER_MONTHS = 12;
/** Where models are looked for: a search everywhere walks the whole database, so nobody unknown may start one. */
export type ModelSource = 'indexes' | 'everywhere';

/** Reads what one key used, as it is stored. */
@Injectable()
export class KeyUsageRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    private readonly search: KeyModelSearch,
  ) {}

  async read(key: ApiKeySummary, atMs: number, lookIn: ModelSource): Promise<StoredKeyUsage> {
    const [totals, models] = await Promise.all([this.readTotals(key, atMs), this.readModels(key.id, atMs, lookIn)]);
    return { ...totals, models };
  }

  /** All but the models, of which there may be many. */
  async readTotals(key: ApiKeySummary, atMs: number): Promise<Omit<StoredKeyUsage, 'models'>> {
    const [counters, costs, window, running] = await Promise.all([
      this.readCounters(key.id, atMs),
      this.readCosts(key, atMs),
      this.readWindow(key.id),
      this.readRunning(key.id, atMs),
    ]);
    return { counters, costs, window, running };
  }

  private async readCounters(keyId: string, atMs: number): Promise<KeyCounters> {
    const k = keys.usage;
    const [total, today, month] = await Promise.all([
      this.store.hgetall(k.total(keyId)),
      this.store.hgetall(k.daily(keyId, this.zone.day(atMs))),
      this.store.hgetall(k.monthly(keyId, this.zone.month(atMs))),
    ]);
    return { total, today, month };
  }

  private async readCosts(key: ApiKeySummary, atMs: number): Promise<KeyCosts> {
    const k = keys.usage;
    const day = this.zone.day(atMs);
    const week = this.zone.weekPeriod(atMs, key.weeklyResetDay, key.weeklyResetHour);
    const [total, realTotal, today, realToday, month, claudeWeek] = await Promise.all([
      this.store.get(k.costTotal(key.id)),
      this.store.get(k.costRealTotal(key.id)),
      this.store.get(k.costDaily(key.id, day)),
      this.store.get(k.costRealDaily(key.id, day)),
      this.store.get(k.costMonthly(key.id, this.zone.month(atMs))),
      this.store.get(k.opusWeekly(key.id, week)),
    ]);
    return { total, realTotal, today, realToday, month, claudeWeek };
  }

  private async readWindow(keyId: string): Promise<KeyWindow> {
    const k = keys.limits;
    const [startedAt, requests, tokens, cost] = await Promise.all([
      this.store.get(k.windowStart(keyId)),
      this.store.get(k.windowRequests(keyId)),
      this.store.get(k.windowTokens(keyId)),
      this.store.get(k.windowCost(keyId)),
    ]);
    return { startedAt, requests, tokens, cost };
  }

  private async readRunning(keyId: string, atMs: number): Promise<KeyRunning> {
    const [slots, holds] = await Promise.all([
      this.store.zrangebyscore(keys.limits.concurrency(keyId), atMs + 1, Infinity),
      this.store.zrangebyscore(keys.limits.holds(keyId), atMs + 1, Infinity),
    ]);
    return { slots, holds };
  }

  private async readModels(keyId: string, atMs: number, lookIn: ModelSource): Promise<readonly ModelCounters[]> {
    const month = this.zone.month(atMs);
    const earlier = monthsBefore(month);
    const models = await this.listModels(keyId, [month, ...earlier], lookIn);
    return Promise.all(models.map((model) => this.readModel(keyId, model, this.zone.day(atMs), month, earlier)));
  }

  private async readModel(
    keyId: string,
    model: string,
    day: string,
    month: string,
    earlier: readonly string[],
  ): Promise<ModelCounters> {
    const k = keys.usage;
    const [total, today, ofMonth, ...earlierMonths] = await Promise.all([
      this.store.hgetall(k.keyModelTotal(keyId, model)),
      this.store.hgetall(k.keyModelDaily(keyId, model, day)),
      this.store.hgetall(k.keyModelMonthly(keyId, model, month)),
      ...earlier.map((past) => this.store.hgetall(k.keyModelMonthly(keyId, model, past))),
    ]);
    return { model, total, today, month: ofMonth, earlierMonths };
  }

  /** Every model that the key may have used: v2's own index, v1's of all keys, and if asked for a search for the rest. */
  private async listModels(keyId: string, months: readonly string[], lookIn: ModelSource): Promise<string[]> {
    const k = keys.usage;
    const known = await Promise.all([
      this.store.smembers(k.keyModels(keyId)),
      ...months.map((month) => this.store.smembers(k.index.modelMonthly(month))),
    ]);
    const found = lookIn === 'everywhere' ? await this.search.find(keyId) : [];
    return [...new Set([...known.flat(), ...found])];
  }
}

/** The months before `2026-02`, newest first: `2026-01`, `2025-12`, ... */
function monthsBefore(month: string): string[] {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  return Array.from({ length: EARLIER_MONTHS }, (_, back) => {
    const index = months - 1 - back;
    return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
  });
}
