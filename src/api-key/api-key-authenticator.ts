import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { type Principal, RelayError } from '@crs/extension-api';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { Clock } from '../core/time/clock.js';
import { toPrincipal } from './api-key-principal.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { KEY_NOT_FOUND, whyUnusable } from './key-identity.js';
import { readPresentedKey } from './presented-key.js';

const HEADERS_TEXT = 'the x-api-key, x-goog-api-key, authorization (Bearer) or api-key header';

/** Says who calls, from the headers of a request alone. */
@Injectable()
export class ApiKeyAuthenticator {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws RelayError `missing_key`, or `invalid_key` in words that say what is wrong with the key */
  async authenticate(headers: IncomingHttpHeaders): Promise<Principal> {
    const presented = readPresentedKey(headers, this.config.apiKeyPrefix);
    switch (presented.kind) {
      case 'none':
        throw new RelayError('missing_key', `API key is missing: please provide it in ${HEADERS_TEXT}.`);
      case 'unusable':
        throw new RelayError('invalid_key', `API key format is invalid: no key of this gateway is in ${HEADERS_TEXT}.`);
      case 'key':
        return this.identify(this.keyHash.of(presented.secret));
    }
  }

  private async identify(secretHash: string): Promise<Principal> {
    const stored = await this.keys.findByHash(secretHash);
    if (stored === null) throw new RelayError('invalid_key', KEY_NOT_FOUND);
    const reason = whyUnusable(stored.record, new Date(this.clock.now()));
    if (reason !== null) throw new RelayError('invalid_key', reason);
    return toPrincipal(stored.record);
  }
}
