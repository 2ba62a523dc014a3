import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import type { StoredHash } from '../key-usage.js';
import { withUncosted } from '../uncosted-tokens.codec.js';
import { type KeyLife, type KeyLifeBooks, RECORDS_KEPT } from './key-life.js';
import { type KeyPeriod, type KeyPeriodBooks, modelKey } from './key-period.js';
import { readAtOnce } from './snapshot.js';

/** Months whose counters, and whose costs, may still be kept. */
export interface KeptMonths {
  readonly counters: readonly string[];
  readonly costs: readonly string[];
}

/** Reads what the books hold of a key, each time as of one moment. */
@Injectable()
export class KeyBooksRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  async readPeriod(of: KeyPeriod, signal: AbortSignal): Promise<KeyPeriodBooks> {
    const replies = new Replies(await readAtOnce(this.store, periodCommands(of), signal));
    const uncosted = replies.hash();
    return {
      total: replies.hash(),
      cost: replies.text(),
      realCost: replies.text(),
      rollUp: replies.text(),
      rollUpModels: replies.hash(),
      corrections: replies.hash(),
      parts: of.parts.map(() => ({ counters: replies.hash(), cost: replies.text() })),
      models: new Map(of.models.map((model) => [model, withUncosted(replies.hash(), uncosted[modelKey(of, model)])])),
    };
  }

  async readLife({ keyId, days }: KeyLife, months: KeptMonths, signal: AbortSignal): Promise<KeyLifeBooks> {
    const k = keys.usage;
    const commands: StoreCommand[] = [
      ['hgetall', k.total(keyId)],
      ['get', k.costTotal(keyId)],
      ...months.counters.map((month): StoreCommand => ['hgetall', k.monthly(keyId, month)]),
      ...months.costs.map((month): StoreCommand => ['get', k.costMonthly(keyId, month)]),
      ['lrange', k.records(keyId), 0, RECORDS_KEPT - 1],
      ...days.flatMap(({ period }): StoreCommand[] => [
        ['hgetall', k.daily(keyId, period)],
        ['get', k.costDaily(keyId, period)],
        ['hgetall', k.rollUp.keyCorrections(period, keyId)],
      ]),
    ];
    const replies = new Replies(await readAtOnce(this.store, commands, signal));
    return {
      total: replies.hash(),
      costTotal: replies.text(),
      months: months.counters.map(() => replies.hash()),
      monthCosts: months.costs.map(() => replies.text()),
      records: replies.list(),
      days: days.map((day) => ({
        ...day,
        counters: replies.hash(),
        cost: replies.text(),
        corrections: replies.hash(),
      })),
    };
  }

  /** Keys without a record, or a record without a name, have none. */
  async findName(keyId: string): Promise<string | null> {
    const name = await this.store.hget(keys.apiKey.record(keyId), 'name');
    return name === '' ? null : name;
  }
}

function periodCommands(of: KeyPeriod): StoreCommand[] {
  const { grain, keyId, period, models, parts } = of;
  const k = keys.usage;
  const isDay = grain === 'day';
  return [
    ['hgetall', k.uncosted(keyId)],
    ['hgetall', isDay ? k.daily(keyId, period) : k.monthly(keyId, period)],
    ['get', isDay ? k.costDaily(keyId, period) : k.costMonthly(keyId, period)],
    // Neither kept nor corrected by month: such keys are not there.
    ['get', k.costRealDaily(keyId, period)],
    ['hget', k.rollUp.totals(grain, period, 'key'), keyId],
    ['hgetall', k.rollUp.keyModels(grain, period, keyId)],
    ['hgetall', k.rollUp.keyCorrections(period, keyId)],
    ...parts.flatMap((part): StoreCommand[] => [
      ['hgetall', isDay ? k.hourly(keyId, part) : k.daily(keyId, part)],
      ['get', isDay ? k.costHourly(keyId, part) : k.costDaily(keyId, part)],
    ]),
    ...models.map((model): StoreCommand => ['hgetall', modelKey(of, model)]),
  ];
}

/** Takes replies in the order of their commands. */
export class Replies {
  private at = 0;

  constructor(private readonly replies: readonly unknown[]) {}

  hash(): StoredHash {
    return (this.next() ?? {}) as StoredHash;
  }

  text(): string | null {
    return (this.next() ?? null) as string | null;
  }

  list(): readonly string[] {
    return (this.next() ?? []) as readonly string[];
  }

  private next(): unknown {
    const reply = this.replies[this.at];
    this.at += 1;
    return reply;
  }
}
