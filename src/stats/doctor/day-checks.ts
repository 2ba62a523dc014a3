import { Injectable } from '@nestjs/common';
import type { Period } from '../../core/time/zone.js';
import type { Checkup } from './checkup.js';
import { KeyChecks } from './key-checks.js';
import { differencesOfAccountDay, differencesOfSharedDay, KeySums } from './shared-day.js';
import { SharedBooksRepository, type UsersOfDay } from './shared-books.repository.js';

/** A request may be booked between the listing of models and the reading of their counters. */
const ATTEMPTS = 3;

const UNKNOWN_TO_STATISTICS =
  'Days before the roll-ups have counters of keys, but no index sets of version 1: the statistics show nothing of them.';
const NOT_INDEXED =
  'Before the roll-ups begin, nothing names every key and account: there the sums of all keys and of accounts were not compared.';

/** Compares what the books say of one day. */
@Injectable()
export class DayChecks {
  constructor(
    private readonly keys: KeyChecks,
    private readonly shared: SharedBooksRepository,
  ) {}

  /** Answers who was used on that day. */
  async check(day: Period, keyIds: readonly string[], checkup: Checkup): Promise<readonly string[]> {
    const users = await this.shared.readUsers(day.key, checkup.signal);
    if (checkup.keyId !== null) {
      await this.checkKeys(day, [checkup.keyId], users, checkup);
      return [checkup.keyId];
    }
    const all = union(keyIds, users.keyIds);
    const before = await this.shared.readSharedDay(day.key, users.models, checkup.signal);
    const sums = await this.checkKeys(day, all, users, checkup);
    if (checkup.rules.isIndexed(day.startsAt)) {
      const models = union(users.models, sums.models);
      const after = await this.shared.readSharedDay(day.key, models, checkup.signal);
      const isRolledUp = checkup.rules.isRolledUp(day.startsAt);
      checkup.add(differencesOfSharedDay(day.key, [before, after], sums, isRolledUp));
      for (const accountId of users.accountIds) await this.checkAccount(accountId, day, users, checkup);
    } else if (!isNothing(sums)) {
      checkup.note(NOT_INDEXED);
    }
    return all;
  }

  private async checkKeys(
    day: Period,
    keyIds: readonly string[],
    users: UsersOfDay,
    checkup: Checkup,
  ): Promise<KeySums> {
    const sums = new KeySums();
    for (const keyId of keyIds) {
      const listUsers = this.lister(day, users, checkup);
      const listModels = async (): Promise<readonly string[]> => (await listUsers()).modelsByKey.get(keyId) ?? [];
      const books = await this.keys.checkPeriod(keyId, 'day', day, listModels, checkup);
      sums.add(books.total, books.models, books.rollUpModels);
    }
    const isIndexed = checkup.rules.isRolledUp(day.startsAt) || keyIds.some((id) => users.modelsByKey.has(id));
    if (!isIndexed && !isNothing(sums)) checkup.note(UNKNOWN_TO_STATISTICS);
    return sums;
  }

  private async checkAccount(accountId: string, day: Period, users: UsersOfDay, checkup: Checkup): Promise<void> {
    const listUsers = this.lister(day, users, checkup);
    let more: readonly string[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const listed = (await listUsers()).modelsByAccount.get(accountId) ?? [];
      const books = await this.shared.readAccountDay(accountId, day.key, union(listed, more), checkup.signal);
      const found = differencesOfAccountDay(accountId, day.key, books, checkup.rules.isRolledUp(day.startsAt));
      more = Object.keys(books.rollUpModels);
      if (found.length > 0 && attempt < ATTEMPTS) continue;
      checkup.add(found);
      return;
    }
  }

  /** What is known already at first, and what is true by then each time after that. */
  private lister(day: Period, users: UsersOfDay, { signal }: Checkup): () => Promise<UsersOfDay> {
    let known: UsersOfDay | null = users;
    return async () => {
      const answer = known ?? (await this.shared.readUsers(day.key, signal));
      known = null;
      return answer;
    };
  }
}

const union = (...lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())];

const isNothing = (sums: KeySums): boolean => sums.all.requests === 0;
