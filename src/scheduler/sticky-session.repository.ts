import { toAccountId, type AccountId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { repliesOf } from '../core/store/batch-replies.js';

/** Which account serves a session. Stored as v1 does: `{"accountId","accountType"}` under the platform's prefix. */
@Injectable()
export class StickySessionRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly config: AppConfig,
  ) {}

  /**
   * The account that the session is mapped to, or null; one round trip. A mapping of another kind of account (v1 maps
   * kinds that this gateway does not serve) is no mapping. Renews the time to live when little of it is left.
   */
  async find(prefix: string, accountType: string, sessionHash: string): Promise<AccountId | null> {
    const key = keys.session.mapping(prefix, sessionHash);
    const [mapping, ttl] = await repliesOf(
      this.store.pipeline([
        ['get', key],
        ['pttl', key],
      ]),
    );
    const accountId = typeof mapping === 'string' ? readMapping(mapping, accountType) : null;
    if (accountId !== null && typeof ttl === 'number' && ttl >= 0 && ttl < this.config.session.renewBelowMs) {
      await this.store.pexpire(key, this.config.session.ttlMs);
    }
    return accountId;
  }

  /** The same, and the time to live stays what it is. */
  async peek(prefix: string, accountType: string, sessionHash: string): Promise<AccountId | null> {
    const mapping = await this.store.get(keys.session.mapping(prefix, sessionHash));
    return mapping === null ? null : readMapping(mapping, accountType);
  }

  async save(prefix: string, accountType: string, sessionHash: string, accountId: AccountId): Promise<void> {
    const mapping = JSON.stringify({ accountId, accountType });
    await this.store.set(keys.session.mapping(prefix, sessionHash), mapping, 'PX', this.config.session.ttlMs);
  }
}

function readMapping(text: string, accountType: string): AccountId | null {
  let mapping: unknown;
  try {
    mapping = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof mapping !== 'object' || mapping === null) return null;
  if (!('accountId' in mapping) || typeof mapping.accountId !== 'string' || mapping.accountId === '') return null;
  if (!('accountType' in mapping) || mapping.accountType !== accountType) return null;
  return toAccountId(mapping.accountId);
}
