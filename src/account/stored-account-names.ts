import { AccountNames, type DirectoryCount } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { AccountDirectory } from './account-directory.js';
import type { AccountState } from './account-state.js';
import { unavailableReasons } from './availability.js';

const NONE_EXCLUDED: ReadonlySet<string> = new Set();

/** What other modules may know of accounts: their names, and how many can be used. */
@Injectable()
export class StoredAccountNames extends AccountNames {
  constructor(
    private readonly directory: AccountDirectory,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
  ) {
    super();
  }

  async namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = new Set(ids);
    const accounts = (await this.readAll()).map(({ account }) => account);
    return new Map(accounts.filter(({ id }) => wanted.has(id)).map(({ id, name }) => [id, name]));
  }

  async count(): Promise<DirectoryCount> {
    const question = { now: this.clock.now(), model: null, endpoint: null, excluded: NONE_EXCLUDED };
    const states = await this.readAll();
    const active = states.filter((state) => unavailableReasons(state, question).length === 0);
    return { total: states.length, active: active.length };
  }

  private async readAll(): Promise<readonly AccountState[]> {
    const names = this.platforms.list().map(({ name }) => name);
    return (await Promise.all(names.map((name) => this.directory.states(name)))).flat();
  }
}
