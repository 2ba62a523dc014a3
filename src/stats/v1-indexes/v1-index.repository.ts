import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../../core/store/batch-replies.js';
import { holdLock } from '../../core/store/hold-lock.script.js';
import type { IndexEntry } from './index-entry.js';

/** Raised when the build finds more than it did before, so that databases it went through are built again. */
const BUILD_VERSION = '1';
const PAGE_SIZE = 200;
/** The embedded store answers a batch at once, on the thread that also relays requests. */
const SETS_AT_ONCE = 25;
const NO_TTL = -1;

export interface NamesPage {
  readonly names: readonly string[];
  /** '0' at the end. */
  readonly next: string;
}

/** Walks through the names of all keys, and completes the index sets that v1 of today has for them. */
@Injectable()
export class V1IndexRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  async isBuilt(): Promise<boolean> {
    return (await this.store.get(keys.indexBuild.done)) === BUILD_VERSION;
  }

  /**
   * v1's own marks (`system:migration:*`) are left alone: a v1 that is started later does its own work then, which fills
   * more than this build does, and finds these sets already there.
   */
  async setBuilt(): Promise<void> {
    await this.store.set(keys.indexBuild.done, BUILD_VERSION);
  }

  /** Takes or renews the right to build; false when somebody else has it. 0 ms gives it back. */
  hold(who: string, ms: number): Promise<boolean> {
    return this.store.runScript(holdLock, [keys.indexBuild.lock], [who, ms]);
  }

  async readNames(cursor: string): Promise<NamesPage> {
    const [next, names] = await this.store.scan(cursor, 'MATCH', '*', 'COUNT', PAGE_SIZE);
    return { names, next };
  }

  /** Answers how many members were missing. A set that has them all stays as it is, its time to live included. */
  async add(entries: readonly IndexEntry[]): Promise<number> {
    const records = await this.recordsAmong(entries);
    const sets = [...bySet(records)];
    let added = 0;
    for (let at = 0; at < sets.length; at += SETS_AT_ONCE) {
      added += await this.addTo(sets.slice(at, at + SETS_AT_ONCE));
      await setImmediate();
    }
    return added;
  }

  private async recordsAmong(entries: readonly IndexEntry[]): Promise<readonly IndexEntry[]> {
    const commands = entries.flatMap(({ recordKey }): StoreCommand[] =>
      recordKey === null ? [] : [['type', recordKey]],
    );
    if (commands.length === 0) return entries;
    const types = (await repliesOfRightType(this.store.pipeline(commands))).values();
    return entries.filter(({ recordKey }) => recordKey === null || types.next().value === 'hash');
  }

  /**
   * Nothing here needs to be atomic: a v1 that writes at the same time adds the same members with the same lives, and a
   * set that was left without one by a crash gets it when the next build comes by.
   */
  private async addTo(sets: readonly SetOfEntries[]): Promise<number> {
    const names = sets.map(([set]) => set);
    const replies = await repliesOfRightType(
      this.store.pipeline([
        ...sets.map(([set, { members }]): StoreCommand => ['sadd', set, ...members]),
        ...names.map((set): StoreCommand => ['pttl', set]),
        ['del', ...names.map((set) => keys.usage.index.empty(set))],
      ]),
    );
    const lives = sets.flatMap(([set, { ttlSeconds }], at): StoreCommand[] =>
      ttlSeconds > 0 && replies[sets.length + at] === NO_TTL ? [['expire', set, ttlSeconds]] : [],
    );
    if (lives.length > 0) await repliesOfRightType(this.store.pipeline(lives));
    return replies.slice(0, sets.length).reduce<number>((sum, reply) => sum + (Number(reply) || 0), 0);
  }
}

type SetOfEntries = readonly [set: string, { readonly members: readonly string[]; readonly ttlSeconds: number }];

function bySet(entries: readonly IndexEntry[]): ReadonlyMap<string, SetOfEntries[1]> {
  const sets = new Map<string, { readonly members: string[]; readonly ttlSeconds: number }>();
  for (const { set, member, ttlSeconds } of entries) {
    const known = sets.get(set);
    if (known === undefined) sets.set(set, { members: [member], ttlSeconds });
    else known.members.push(member);
  }
  return sets;
}
