import type { IncomingHttpHeaders } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { type Principal, RelayError } from '@crs/extension-api';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { Clock } from '../core/time/clock.js';
import { activate, isAwaitingActivation } from './activation.js';
import { toPrincipal } from './api-key-principal.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { isClientAllowed } from './client-restriction.js';
import { hasLimit } from './key-limit.js';
import { readPresentedKey } from './presented-key.js';

/** How often a first use is decided again because another request has changed the key in between. */
const MAX_ATTEMPTS = 10;

const HEADERS_TEXT = 'the x-api-key, x-goog-api-key, authorization (Bearer) or api-key header';

/** Says who calls, from the headers of a request alone. */
@Injectable()
export class ApiKeyAuthenticator {
  private readonly logger = new Logger(ApiKeyAuthenticator.name);
  private hasWarnedOfLimits = false;

  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws RelayError `missing_key`, `invalid_key` in words that say what is wrong with the key, or `permission_denied`
   *   when the key is not for the client that calls
   */
  async authenticate(headers: IncomingHttpHeaders): Promise<Principal> {
    const presented = readPresentedKey(headers, this.config.apiKeyPrefix);
    switch (presented.kind) {
      case 'none':
        throw new RelayError('missing_key', `API key is missing: please provide it in ${HEADERS_TEXT}.`);
      case 'unusable':
        throw new RelayError('invalid_key', `API key format is invalid: no key of this gateway is in ${HEADERS_TEXT}.`);
      case 'key':
        return toPrincipal(await this.findUsable(this.keyHash.of(presented.secret), headers));
    }
  }

  private async findUsable(secretHash: string, headers: IncomingHttpHeaders): Promise<ApiKeyRecord> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.keys.findByHash(secretHash);
      const now = new Date(this.clock.now());
      if (stored?.record.deletion !== null) throw new RelayError('invalid_key', 'API key not found.');
      refuseUnusable(stored.record, headers, now);
      this.warnOfLimits(stored.record);
      if (!isAwaitingActivation(stored.record)) return stored.record;
      const activated = activate(stored.record, now);
      if ((await this.keys.replace(stored, activated)) === 'done') {
        this.logger.log({ msg: 'activated an API key', keyId: activated.id, expiresAt: activated.expiresAt });
        return activated;
      }
    }
    throw new RelayError('internal', 'API key could not be activated: it is being changed. Please try again.');
  }

  /** Once in the life of the process: an administrator must not rely on limits that nobody checks. */
  private warnOfLimits(record: ApiKeyRecord): void {
    if (this.hasWarnedOfLimits || !hasLimit(record)) return;
    this.hasWarnedOfLimits = true;
    this.logger.warn({ msg: 'API keys have limits that this version does not enforce yet', firstKeyId: record.id });
  }
}

/** Before the first use is noted: a client that is refused does not begin the life of a key. */
function refuseUnusable(record: ApiKeyRecord, headers: IncomingHttpHeaders, now: Date): void {
  if (!record.isActive) throw new RelayError('invalid_key', 'API key is disabled.');
  const { expiresAt } = record;
  if (!isAwaitingActivation(record) && expiresAt !== null && expiresAt.getTime() <= now.getTime()) {
    throw new RelayError('invalid_key', 'API key has expired.');
  }
  if (isClientAllowed(record, headers)) return;
  const clients = record.allowedClients.join(', ');
  throw new RelayError('permission_denied', `This API key may only be used by: ${clients}.`);
}
