import { Injectable, Logger } from '@nestjs/common';
import { type ApiKeyId, RelayError } from '@crs/extension-api';
import { Clock } from '../core/time/clock.js';
import { activate, isAwaitingActivation } from './activation.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** How often a first use is decided again because somebody else has changed the key in between. */
const MAX_ATTEMPTS = 10;

/** Begins the life of a key with the first request that is let through. */
@Injectable()
export class KeyActivation {
  private readonly logger = new Logger(KeyActivation.name);

  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** Once, whoever asks. @throws RelayError `invalid_key` when the key has been deleted meanwhile, or `internal` */
  async begin(id: ApiKeyId): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.keys.find(id);
      if (stored?.record.deletion !== null) throw new RelayError('invalid_key', 'API key not found.');
      if (!isAwaitingActivation(stored.record)) return;
      const activated = activate(stored.record, new Date(this.clock.now()));
      if ((await this.keys.replace(stored, activated)) === 'done') {
        this.logger.log({ msg: 'activated an API key', keyId: id, expiresAt: activated.expiresAt });
        return;
      }
    }
    throw new RelayError('internal', 'API key could not be activated: it is being changed. Please try again.');
  }
}
