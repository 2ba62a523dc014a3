import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { toRecordId } from '../core/http/record-id.js';
import { Clock } from '../core/time/clock.js';
import type { ApiKeyRecord } from './api-key-record.js';
import type { StoredApiKey } from './api-key-write.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** How often a change is decided again because somebody else has changed the key in between. */
const MAX_ATTEMPTS = 10;

/** What becomes of a key; the same record means that there is nothing to do. Throws what the administrator must know. */
export type Decision = (record: ApiKeyRecord, now: Date) => ApiKeyRecord;

/** Changes a stored key by what it is at that moment, decided anew as long as others change it in between. */
@Injectable()
export class ApiKeyEditor {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundException */
  async get(id: string): Promise<ApiKeyRecord> {
    return (await this.getStored(id)).record;
  }

  /** The key as it is now. @throws NotFoundException, ConflictException, and what `decide` throws */
  change(id: string, decide: Decision): Promise<ApiKeyRecord> {
    return this.untilDone(id, async (stored) => {
      const next = decide(stored.record, new Date(this.clock.now()));
      if (next === stored.record) return next;
      return (await this.keys.replace(stored, next)) === 'done' ? next : null;
    });
  }

  /** The key as it was. @throws NotFoundException, ConflictException, and what `check` throws */
  remove(id: string, check: (record: ApiKeyRecord) => void): Promise<ApiKeyRecord> {
    return this.untilDone(id, async (stored) => {
      check(stored.record);
      return (await this.keys.remove(stored)) === 'done' ? stored.record : null;
    });
  }

  private async untilDone(
    id: string,
    attempt: (stored: StoredApiKey) => Promise<ApiKeyRecord | null>,
  ): Promise<ApiKeyRecord> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      const done = await attempt(await this.getStored(id));
      if (done !== null) return done;
    }
    throw new ConflictException('The key is being changed by others at the same time. Try again.');
  }

  private async getStored(id: string): Promise<StoredApiKey> {
    const recordId = toRecordId(id);
    const stored = recordId === null ? null : await this.keys.find(toApiKeyId(recordId));
    if (stored === null) throw new NotFoundException('There is no API key with this id.');
    return stored;
  }
}
