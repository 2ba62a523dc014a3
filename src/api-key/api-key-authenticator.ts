import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { type Principal, RelayError } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { LastKnown } from '../core/store/last-known.js';
import { Clock } from '../core/time/clock.js';
import { toPrincipal } from './api-key-principal.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { KEY_NOT_FOUND, whyUnusable } from './key-identity.js';
import { readPresentedKey } from './presented-key.js';

const HEADERS_TEXT = 'the x-api-key, x-goog-api-key, authorization (Bearer) or api-key header';

const CANNOT_CHECK =
  'The gateway cannot check API keys at the moment, because its store does not answer. Please try again in a moment.';

/** Says who calls, from the headers of a request alone. */
@Injectable()
export class ApiKeyAuthenticator {
  /** By the hash of their secret. Texts that are nobody's are not remembered: anybody could fill it with them. */
  private readonly known: LastKnown<ApiKeyRecord>;

  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.known = new LastKnown(clock);
  }

  /**
   * While the store is away, a key is what it was when this process saw it last, for a minute at most.
   *
   * @throws RelayError `missing_key`, or `invalid_key` in words that say what is wrong with the key; `internal` with 503
   * where the store is away and the key is not known
   */
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
    const record = await this.find(secretHash);
    if (record === null) throw new RelayError('invalid_key', KEY_NOT_FOUND);
    const reason = whyUnusable(record, new Date(this.clock.now()));
    if (reason !== null) throw new RelayError('invalid_key', reason);
    return toPrincipal(record);
  }

  /** A client that is told 401 throws its key away, so what only the store knows is never said without it. */
  private async find(secretHash: string): Promise<ApiKeyRecord | null> {
    try {
      return await this.known.ask(secretHash, async () => (await this.keys.findByHash(secretHash))?.record ?? null);
    } catch (error: unknown) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      throw new RelayError('internal', CANNOT_CHECK, { cause: error, status: 503, retryAfterSeconds: 1 });
    }
  }
}
