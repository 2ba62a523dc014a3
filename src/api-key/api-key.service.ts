import { randomUUID } from 'node:crypto';
import { ConflictException, Injectable } from '@nestjs/common';
import { toApiKeyId } from '@crs/extension-api';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { type FieldError } from '../core/http/problem-details.js';
import { ValidationFailedException } from '../core/http/validation.js';
import { Clock } from '../core/time/clock.js';
import { type ApiKeyInput, changeApiKey, newApiKey, type NewApiKeyInput, problemsOf } from './api-key-change.js';
import { ApiKeyEditor } from './api-key-editor.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { generateSecret } from './api-key-secret.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { BindingTargetRepository } from './binding-target.repository.js';

const ADMIN = 'admin';

/** A key with the secret that it has just got, which is in nobody's hands but the caller's from now on. */
export interface CreatedApiKey {
  readonly record: ApiKeyRecord;
  readonly secret: string;
}

/** The life of client keys, as administrators direct it. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly editor: ApiKeyEditor,
    private readonly targets: BindingTargetRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws ValidationFailedException */
  async create(input: NewApiKeyInput): Promise<CreatedApiKey> {
    const created = this.prepare(input);
    refuse(await this.targets.problemsOf(input));
    await this.keys.insert(created.record);
    return created;
  }

  /** One key for each name, all or none. @throws ValidationFailedException */
  async createMany(names: readonly string[], input: ApiKeyInput): Promise<readonly CreatedApiKey[]> {
    const created = names.map((name) => this.prepare({ ...input, name }));
    refuse(await this.targets.problemsOf(input));
    await this.keys.insertAll(created.map(({ record }) => record));
    return created;
  }

  /** @throws NotFoundException */
  get(id: string): Promise<ApiKeyRecord> {
    return this.editor.get(id);
  }

  /** @throws NotFoundException, ValidationFailedException, ConflictException when the key is deleted */
  async update(id: string, input: ApiKeyInput): Promise<ApiKeyRecord> {
    refuse(await this.targets.problemsOf(input));
    return this.updateBy(id, () => input);
  }

  /**
   * The same with an input that depends on the key, asked again when others change it; what it binds the key to is not
   * looked up.
   *
   * @throws what `inputFor` throws
   */
  updateBy(id: string, inputFor: (record: ApiKeyRecord) => ApiKeyInput): Promise<ApiKeyRecord> {
    return this.editor.change(id, (record, now) => {
      refuseDeleted(record, 'changing it');
      const input = inputFor(record);
      if (Object.values(input).every((value) => value === undefined)) return record;
      refuse(problemsOf(input, record));
      return changeApiKey(record, input, now);
    });
  }

  /** A new secret in the place of the old one, which ends with the same step. @throws NotFoundException, ConflictException */
  async regenerate(id: string): Promise<CreatedApiKey> {
    const { secret, secretHash } = this.newSecret();
    const record = await this.editor.change(id, (current, now) => {
      refuseDeleted(current, 'giving it a new secret');
      return { ...current, secretHash, updatedAt: now };
    });
    return { record, secret };
  }

  /** The record stays, so that statistics keep its name; deleting it twice changes nothing. @throws NotFoundException */
  delete(id: string, deletedBy: string): Promise<ApiKeyRecord> {
    return this.editor.change(id, (record, at) => {
      if (record.deletion !== null) return record;
      return { ...record, isActive: false, deletion: { at, by: deletedBy, byType: ADMIN } };
    });
  }

  /** The key works again, also where it was disabled before. @throws NotFoundException, ConflictException */
  restore(id: string, restoredBy: string): Promise<ApiKeyRecord> {
    return this.editor.change(id, (record, at) => {
      if (record.deletion === null)
        throw new ConflictException('The key is not deleted, so there is nothing to restore.');
      return { ...record, isActive: true, deletion: null, restoration: { at, by: restoredBy, byType: ADMIN } };
    });
  }

  private prepare(input: NewApiKeyInput): CreatedApiKey {
    refuse(problemsOf(input, null));
    const { secret, secretHash } = this.newSecret();
    const facts = { id: toApiKeyId(randomUUID()), secretHash, now: new Date(this.clock.now()) };
    return { record: newApiKey(input, facts), secret };
  }

  private newSecret(): { readonly secret: string; readonly secretHash: string } {
    const secret = generateSecret(this.config.apiKeyPrefix);
    return { secret, secretHash: this.keyHash.of(secret) };
  }
}

function refuseDeleted({ deletion }: ApiKeyRecord, doing: string): void {
  if (deletion !== null) throw new ConflictException(`The key is deleted. Restore it before ${doing}.`);
}

function refuse(problems: readonly FieldError[]): void {
  if (problems.length > 0) throw new ValidationFailedException(problems);
}
