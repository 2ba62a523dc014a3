import type { ApiKeyId, Principal } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { KeyHash } from '../core/crypto/key-hash.js';
import { Clock } from '../core/time/clock.js';
import type { StoredApiKey } from './api-key-write.js';
import { toPrincipal } from './api-key-principal.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { whyUnusable } from './key-identity.js';

/** A key as a request would present it. */
export interface FoundPrincipal {
  readonly principal: Principal;
  /** Why a request with it is refused, in the words that its client reads; null = the key works. */
  readonly unusable: string | null;
}

/** What a key may do, asked by somebody who is not its client; keys that do not work included. */
@Injectable()
export class PrincipalFinder {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly keyHash: KeyHash,
    private readonly clock: Clock,
  ) {}

  /** Null: there is no such key. */
  async findById(id: ApiKeyId): Promise<FoundPrincipal | null> {
    return this.toFound(await this.keys.find(id));
  }

  /** Null: no key has this secret. */
  async findBySecret(secret: string): Promise<FoundPrincipal | null> {
    return this.toFound(await this.keys.findByHash(this.keyHash.of(secret)));
  }

  private toFound(stored: StoredApiKey | null): FoundPrincipal | null {
    if (stored === null) return null;
    const { record } = stored;
    return { principal: toPrincipal(record), unusable: whyUnusable(record, new Date(this.clock.now())) };
  }
}
