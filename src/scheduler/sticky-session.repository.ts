import { toAccountId, type AccountId } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, StoreUnavailableError } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { repliesOf } from '../core/store/batch-replies.js';
import { LastKnown } from '../core/store/last-known.js';
import { Clock } from '../core/time/clock.js';

/** Which account serves a session. Stored as v1 does: `{"accountId","accountType"}` under the platform's prefix. */
@Injectable()
export class StickySessionRepository {
  private readonly known: LastKnown<AccountId>;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly config: AppConfig,
    clock: Clock,
  ) {
    this.known = new LastKnown(clock);
  }

  /**
   * The account that the session is mapped to, or null; one round trip. A mapping of another kind of account (v1 maps
   * kinds that this gateway does not serve) is no mapping. Renews the time to live when little of it is left. While the
   * store is away, a session is mapped as this process knew it last, or not at all: that costs the upstream's cache only.
   */
  async find(prefix: string, accountType: string, sessionHash: string): Promise<AccountId | null> {
    const key = keys.session.mapping(prefix, sessionHash);
    try {
      return await this.known.ask(nameOf(key, accountType), () => this.read(key, accountType));
    } catch (error: unknown) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  async save(prefix: string, accountType: string, sessionHash: string, accountId: AccountId): Promise<void> {
    const key = keys.session.mapping(prefix, sessionHash);
    this.known.note(nameOf(key, accountType), accountId);
    const mapping = JSON.stringify({ accountId, accountType });
    await this.store.set(key, mapping, 'PX', this.config.session.ttlMs);
  }

  /** Ends the mapping, whatever it is. */
  async forget(prefix: string, accountType: string, sessionHash: string): Promise<void> {
    const key = keys.session.mapping(prefix, sessionHash);
    this.known.note(nameOf(key, accountType), null);
    await this.store.del(key);
  }

  private async read(key: string, accountType: string): Promise<AccountId | null> {
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
}

/** A mapping is one for a kind of account only. */
const nameOf = (key: string, accountType: string): string => `${accountType} ${key}`;

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
