import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { toRecordId } from '../core/http/record-id.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { Clock } from '../core/time/clock.js';
import {
  type ApiKeyInput,
  changeApiKey,
  type InputProblem,
  newApiKey,
  type NewApiKeyInput,
  problemsOf,
} from './api-key-change.js';
import { type ApiKeyFilter, ApiKeyIndexRepository } from './api-key-index.repository.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { generateSecret } from './api-key-secret.js';
import type { StoredApiKey } from './api-key-write.js';
import { ApiKeyRepository } from './api-key.repository.js';

const ADMIN = 'admin';
/** How often a change is decided again because somebody else has changed the key in between. */
const MAX_ATTEMPTS = 10;

/** The part of a list that is wanted. */
export interface ApiKeyPage extends ApiKeyFilter {
  readonly offset: number;
  readonly limit: number;
}

/** A new key with its secret, which is in nobody's hands but the caller's from now on. */
export interface CreatedApiKey {
  readonly record: ApiKeyRecord;
  readonly secret: string;
}

/** What becomes of a key; the same record means that there is nothing to do. Throws what the administrator must know. */
type Decision = (record: ApiKeyRecord, now: Date) => ApiKeyRecord;

/** The life of client keys, as administrators direct it. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly index: ApiKeyIndexRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  async create(input: NewApiKeyInput): Promise<CreatedApiKey> {
    refuse(problemsOf(input, null));
    const secret = generateSecret(this.config.apiKeyPrefix);
    const record = newApiKey(input, {
      id: toApiKeyId(randomUUID()),
      secretHash: this.keyHash.of(secret),
      now: new Date(this.clock.now()),
    });
    await this.keys.insert(record);
    return { record, secret };
  }

  /** @throws NotFoundException */
  async get(id: string): Promise<ApiKeyRecord> {
    return (await this.getStored(id)).record;
  }

  /** Newest first. Keys that have disappeared from the store leave the index here. */
  async list(page: ApiKeyPage): Promise<{ items: readonly ApiKeyRecord[]; total: number }> {
    await this.index.ensureBuilt();
    for (let attempt = 1; ; attempt += 1) {
      const ids = await this.index.listIds(page);
      const wanted = ids.slice(page.offset, page.offset + page.limit);
      const found = await this.keys.findMany(wanted);
      const gone = wanted.filter((_, at) => found[at] === null);
      if (gone.length === 0 || attempt === MAX_ATTEMPTS) {
        return { items: found.flatMap((stored) => (stored === null ? [] : [stored.record])), total: ids.length };
      }
      await this.index.forget(gone);
    }
  }

  /** @throws NotFoundException, ValidationFailedException, ConflictException when the key is deleted */
  update(id: string, input: ApiKeyInput): Promise<ApiKeyRecord> {
    return this.change(id, (record, now) => {
      if (record.deletion !== null) throw new ConflictException('The key is deleted. Restore it before changing it.');
      refuse(problemsOf(input, record));
      return changeApiKey(record, input, now);
    });
  }

  /** The record stays, so that statistics keep its name; deleting it twice changes nothing. @throws NotFoundException */
  delete(id: string, deletedBy: string): Promise<ApiKeyRecord> {
    return this.change(id, (record, at) => {
      if (record.deletion !== null) return record;
      return { ...record, isActive: false, deletion: { at, by: deletedBy, byType: ADMIN } };
    });
  }

  /** The key works again, also where it was disabled before. @throws NotFoundException, ConflictException */
  restore(id: string, restoredBy: string): Promise<ApiKeyRecord> {
    return this.change(id, (record, at) => {
      if (record.deletion === null)
        throw new ConflictException('The key is not deleted, so there is nothing to restore.');
      return { ...record, isActive: true, deletion: null, restoration: { at, by: restoredBy, byType: ADMIN } };
    });
  }

  private async change(id: string, decide: Decision): Promise<ApiKeyRecord> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.getStored(id);
      const next = decide(stored.record, new Date(this.clock.now()));
      if (next === stored.record) return next;
      const reply = await this.keys.replace(stored, next);
      if (reply === 'done') return next;
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

function refuse(problems: readonly InputProblem[]): void {
  if (problems.length > 0) throw new ValidationFailedException(problems);
}
