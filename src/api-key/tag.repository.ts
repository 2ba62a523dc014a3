import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../core/store/batch-replies.js';

export interface Tag {
  readonly name: string;
  /** How many keys that are not deleted have it. */
  readonly keys: number;
}

/** v1's sets of tags: their names, and which keys have each. */
@Injectable()
export class TagRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** Sorted. */
  async listNames(): Promise<readonly string[]> {
    return (await this.store.smembers(keys.apiKey.allTags)).sort();
  }

  /** Each of the tags with the number of keys, deleted ones apart, that have it. */
  async countKeys(names: readonly string[]): Promise<readonly Tag[]> {
    const sets = [keys.apiKey.deleted, ...names.map((name) => keys.apiKey.tag(name))];
    const replies = await repliesOfRightType(this.store.pipeline(sets.map((set): StoreCommand => ['smembers', set])));
    const membersOf = (at: number): readonly string[] => (replies[at] ?? []) as readonly string[];
    const deleted = new Set(membersOf(0));
    return names.map((name, at) => ({ name, keys: membersOf(at + 1).filter((id) => !deleted.has(id)).length }));
  }

  async exists(name: string): Promise<boolean> {
    return (await this.store.sismember(keys.apiKey.allTags, name)) === 1 || (await this.listKeys(name)).length > 0;
  }

  /** False when there is such a tag already. */
  async add(name: string): Promise<boolean> {
    return (await this.store.sadd(keys.apiKey.allTags, name)) === 1;
  }

  /** The ids of the keys that have the tag, deleted or not; none where something else stands in place of the set. */
  async listKeys(name: string): Promise<readonly string[]> {
    const [ids] = await repliesOfRightType(this.store.pipeline([['smembers', keys.apiKey.tag(name)]]));
    return (ids ?? []) as readonly string[];
  }

  /** Takes out ids of keys that do not have the tag, whatever the index says. */
  async forgetKeys(name: string, ids: readonly string[]): Promise<void> {
    await this.store.srem(keys.apiKey.tag(name), ...ids);
  }

  /** Removes the name of a tag that no key has. One that gets a key meanwhile keeps its name. */
  async removeName(name: string): Promise<void> {
    await this.store.srem(keys.apiKey.allTags, name);
    if ((await this.listKeys(name)).length > 0) await this.add(name);
  }
}
