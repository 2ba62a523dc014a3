import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/time/clock.js';
import { type Period, Zone } from '../../core/time/zone.js';
import { periodAt, periodsBetween } from '../roll-up/periods.js';
import type { Checkup } from './checkup.js';
import type { Difference } from './difference.js';
import { type KeptMonths, KeyBooksRepository } from './key-books.repository.js';
import { differencesOfKeyLife } from './key-life.js';
import { differencesOfKeyPeriod, type KeyPeriod, type KeyPeriodBooks, rolledUpModels } from './key-period.js';
import { SharedBooksRepository } from './shared-books.repository.js';

/** A request may be booked between the listing of models and the reading of their counters. */
const ATTEMPTS = 3;
const KEPT_MONTHS = 13;
const KEPT_MONTH_COSTS = 5;

const UNKNOWN_MODELS =
  'Before the roll-ups begin, nothing names every model of each key: there the sums of models were not compared.';

/** Compares what the books say of one key. */
@Injectable()
export class KeyChecks {
  constructor(
    private readonly books: KeyBooksRepository,
    private readonly shared: SharedBooksRepository,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /**
   * Compares a day or month of a key. Answers what was read of it.
   *
   * @param listModels the models that the indexes of the period name
   */
  async checkPeriod(
    keyId: string,
    grain: KeyPeriod['grain'],
    period: Period,
    listModels: () => Promise<readonly string[]>,
    checkup: Checkup,
  ): Promise<KeyPeriodBooks> {
    for (let attempt = 1; ; attempt += 1) {
      const of = await this.planPeriod(keyId, grain, period, await listModels(), checkup);
      const { plan, books } = await this.readPeriod(of, checkup.signal);
      const differences = differencesOfKeyPeriod(plan, books);
      if (differences.length > 0 && attempt < ATTEMPTS) continue;
      checkup.add(differences);
      if (!plan.areModelsKnown && books.total['requests'] !== undefined) checkup.note(UNKNOWN_MODELS);
      return books;
    }
  }

  async checkLife(keyId: string, days: readonly Period[], checkup: Checkup): Promise<void> {
    const { rules, signal } = checkup;
    const kept = days.filter(({ startsAt }) => rules.keeps('day', startsAt));
    const life = {
      keyId,
      days: kept.map(({ key, startsAt }) => ({ period: key, isRolledUp: rules.isRolledUp(startsAt) })),
    };
    const books = await this.books.readLife(life, this.keptMonths(), signal);
    checkup.add(differencesOfKeyLife(life, books, this.zone));
  }

  /** The same differences with the names of their keys. */
  async withNames(differences: readonly Difference[]): Promise<readonly Difference[]> {
    const names = new Map<string, string | null>();
    for (const { keyId } of differences) {
      if (keyId !== null && !names.has(keyId)) names.set(keyId, await this.books.findName(keyId));
    }
    return differences.map((difference) => ({ ...difference, keyName: names.get(difference.keyId ?? '') ?? null }));
  }

  private async planPeriod(
    keyId: string,
    grain: KeyPeriod['grain'],
    period: Period,
    listed: readonly string[],
    { rules }: Checkup,
  ): Promise<KeyPeriod> {
    const { startsAt } = period;
    const isIndexed = rules.isIndexed(startsAt);
    const known = isIndexed ? { models: [], areAll: true } : await this.shared.findModels(keyId);
    return {
      grain,
      keyId,
      period: period.key,
      models: [...new Set([...listed, ...known.models])],
      parts: rules.keeps(grain === 'day' ? 'hour' : 'dayCost', startsAt) ? this.partsOf(grain, period) : [],
      areModelsKnown: known.areAll,
      isRolledUp: rules.isRolledUp(startsAt),
      areCostsKept: rules.keeps(grain === 'day' ? 'dayCost' : 'monthCost', startsAt),
    };
  }

  private partsOf(grain: KeyPeriod['grain'], { startsAt, endsAt }: Period): readonly string[] {
    return periodsBetween(grain === 'day' ? 'hour' : 'day', startsAt, endsAt, this.zone).map(({ key }) => key);
  }

  /** Models that only the roll-up names are read in a second step. */
  private async readPeriod(
    plan: KeyPeriod,
    signal: AbortSignal,
  ): Promise<{ readonly plan: KeyPeriod; readonly books: KeyPeriodBooks }> {
    const books = await this.books.readPeriod(plan, signal);
    const more = [...rolledUpModels(books.rollUpModels).keys()].filter((model) => !plan.models.includes(model));
    if (more.length === 0) return { plan, books };
    const wider = { ...plan, models: [...plan.models, ...more] };
    return { plan: wider, books: await this.books.readPeriod(wider, signal) };
  }

  private keptMonths(): KeptMonths {
    const months: string[] = [];
    let month = periodAt('month', this.clock.now(), this.zone);
    while (months.length < KEPT_MONTHS) {
      months.push(month.key);
      month = periodAt('month', month.startsAt - 1, this.zone);
    }
    return { counters: months, costs: months.slice(0, KEPT_MONTH_COSTS) };
  }
}
