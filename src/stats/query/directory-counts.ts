import { Injectable } from '@nestjs/common';
import { AccountNames, ApiKeyNames, type DirectoryCount } from '@crs/extension-api';

export interface StoredCounts {
  readonly keys: DirectoryCount;
  readonly accounts: DirectoryCount;
}

/** Counts the keys and accounts that are stored. */
@Injectable()
export class DirectoryCounts {
  constructor(
    private readonly keys: ApiKeyNames,
    private readonly accounts: AccountNames,
  ) {}

  async read(): Promise<StoredCounts> {
    const [keys, accounts] = await Promise.all([this.keys.count(), this.accounts.count()]);
    return { keys, accounts };
  }
}
