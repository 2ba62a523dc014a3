import { Injectable } from '@nestjs/common';
import { AccountNames, ApiKeyNames } from '@crs/extension-api';
import type { RollUpDimension } from '@crs/store';

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** Finds the names of what rows are about. */
@Injectable()
export class SubjectNames {
  constructor(
    private readonly keys: ApiKeyNames,
    private readonly accounts: AccountNames,
  ) {}

  /** By id; models have no other name. */
  async find(by: RollUpDimension | null, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (by === 'key') return this.keys.namesOf([...new Set(ids)]);
    if (by === 'account') return this.accounts.namesOf([...new Set(ids)]);
    return NO_NAMES;
  }
}
