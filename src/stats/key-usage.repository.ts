import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeySummary } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Zone } from '../core/time/zone.js';
import { KeyModelSearch } from './key-model-search.js';
import type {
  KeyCounters,
  KeyCosts,
  KeyRunning,
  KeyWindow,
  ModelCounters,
  StoredHash,
  StoredKeyUsage,
} from './key-usage.js';
import { readInChunks } from './roll-up/chunked-read.js';
import { withUncosted } from './uncosted-tokens.codec.js';

/** Monthly counters live 365 days, so at most that many months before the current one can hold any. */
const EARLIER_MONTHS = 12;
/** No key of this version has as many models that it takes as long; a store that hangs must not be asked for ever. */
const READ_MS = 20_000;
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

  /** @throws GatewayTimeoutException when the signal is aborted, by default after 20 seconds, before all was read */
  async read(
    key: ApiKeySummary,
    atMs: number,
    lookIn: ModelSource,
    signal: AbortSignal = AbortSignal.timeout(READ_MS),
  ): Promise<StoredKeyUsage> {
    const [totals, models] = await Promise.all([
      this.readTotals(key, atMs),
      this.readModels(key.id, atMs, lookIn, signal),
    ]);
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
    const oldWeek = this.zone.oldWeekPeriod(atMs, key.weeklyResetDay, key.weeklyResetHour);
    const [total, realTotal, today, realToday, month, claudeWeek, oldClaudeWeek] = await Promise.all([
      this.store.get(k.costTotal(key.id)),
      this.store.get(k.costRealTotal(key.id)),
      this.store.get(k.costDaily(key.id, day)),
      this.store.get(k.costRealDaily(key.id, day)),
      this.store.get(k.costMonthly(key.id, this.zone.month(atMs))),
      this.store.get(k.opusWeekly(key.id, week)),
      this.store.get(k.opusWeekly(key.id, oldWeek)),
    ]);
    return { total, realTotal, today, realToday, month, claudeWeek: claudeWeek ?? oldClaudeWeek };
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

  /** There may be thousands of models: others get their turn between two chunks of the reading. */
  private async readModels(
    keyId: string,
    atMs: number,
    lookIn: ModelSource,
    signal: AbortSignal,
  ): Promise<readonly ModelCounters[]> {
    const month = this.zone.month(atMs);
    const earlier = monthsBefore(month);
    const models = await this.listModels(keyId, [month, ...earlier], lookIn, signal);
    const keysOf = (model: string): readonly string[] => [
      keys.usage.keyModelTotal(keyId, model),
      keys.usage.keyModelDaily(keyId, model, this.zone.day(atMs)),
      ...[month, ...earlier].map((each) => keys.usage.keyModelMonthly(keyId, model, each)),
    ];
    const counters = models.flatMap(keysOf);
    const commands = counters.map((key): StoreCommand => ['hgetall', key]);
    const uncosted = await this.store.hgetall(keys.usage.uncosted(keyId));
    const replies = await readInChunks(this.store, commands, signal);
    const hashes = counters.map((counter, at) => withUncosted(toHash(replies[at]), uncosted[counter]));
    const each = commands.length / models.length;
    return models.map((model, at) => countersOf(model, hashes.slice(at * each, (at + 1) * each)));
  }

  /** Every model that the key may have used: where v2's own index lacks some, v1's of all keys, and if asked for a search. */
  private async listModels(
    keyId: string,
    months: readonly string[],
    lookIn: ModelSource,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const k = keys.usage;
    const isComplete = await this.search.isDone(keyId);
    const own = await this.store.smembers(k.keyModels(keyId));
    const sets = await Promise.all(months.map((month) => this.store.smembers(k.index.modelMonthly(month))));
    const others = [...new Set(sets.flat())].filter((model) => !own.includes(model));
    if (isComplete) return [...own, ...(await this.findCounted(keyId, others, signal))];
    const found = lookIn === 'everywhere' ? await this.search.find(keyId) : [];
    return [...new Set([...own, ...others, ...found])];
  }

  /** Those of the models that a v1 has counted for the key, though the search for all of them had ended before. */
  private async findCounted(keyId: string, models: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const counters = models.map((model): StoreCommand => ['exists', keys.usage.keyModelTotal(keyId, model)]);
    const replies = await readInChunks(this.store, counters, signal);
    return models.filter((_, at) => replies[at] === 1);
  }
}

/** A key of another type holds no counters. */
const toHash = (reply: unknown): StoredHash => (reply ?? {}) as StoredHash;

function countersOf(model: string, hashes: readonly StoredHash[]): ModelCounters {
  const [total, today, month, ...earlierMonths] = hashes as [StoredHash, StoredHash, StoredHash, ...StoredHash[]];
  return { model, total, today, month, earlierMonths };
}

/** The months before `2026-02`, newest first: `2026-01`, `2025-12`, ... */
function monthsBefore(month: string): string[] {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  return Array.from({ length: EARLIER_MONTHS }, (_, back) => {
    const index = months - 1 - back;
    return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
  });
}
