import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeyId, type ApiKeySummary, type KeyIdentity } from '@crs/extension-api';
import { AppConfig } from '../core/config/app-config.js';
import { KeyHash } from '../core/crypto/key-hash.js';
import { Clock } from '../core/time/clock.js';
import { toLimits } from './api-key-principal.js';
import type { ApiKeyRecord } from './api-key-record.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { BoundKeysRepository } from './bound-keys.repository.js';
import { KEY_NOT_FOUND, whyUnusable } from './key-identity.js';
import { canBeKey } from './presented-key.js';

/** What other modules may know of a stored key. */
@Injectable()
export class StoredApiKeyDirectory extends ApiKeyDirectory {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly boundKeys: BoundKeysRepository,
    private readonly keyHash: KeyHash,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {
    super();
  }

  async findSummary(id: ApiKeyId): Promise<ApiKeySummary | null> {
    const stored = await this.keys.find(id);
    return stored === null ? null : toSummary(stored.record);
  }

  async identify(secret: string): Promise<KeyIdentity> {
    const { apiKeyPrefix } = this.config;
    if (!canBeKey(secret, apiKeyPrefix)) {
      return { kind: 'invalid', message: `API key format is invalid: a key begins with ${apiKeyPrefix}.` };
    }
    const stored = await this.keys.findByHash(this.keyHash.of(secret));
    if (stored === null) return { kind: 'invalid', message: KEY_NOT_FOUND };
    const message = whyUnusable(stored.record, new Date(this.clock.now()));
    return message === null ? { kind: 'known', key: toSummary(stored.record) } : { kind: 'invalid', message };
  }

  countBoundTo(field: string, value: string): Promise<number> {
    return this.boundKeys.count(field, value);
  }

  countBindings(field: string): Promise<ReadonlyMap<string, number>> {
    return this.boundKeys.countAll(field);
  }
}

const toSummary = (record: ApiKeyRecord): ApiKeySummary => ({
  id: record.id,
  name: record.name,
  isDeleted: record.deletion !== null,
  description: record.description,
  isActive: record.isActive,
  createdAt: record.createdAt,
  expiresAt: record.expiresAt,
  expirationMode: record.expirationMode,
  isActivated: record.isActivated,
  activationDays: record.activationDays,
  activationUnit: record.activationUnit,
  activatedAt: record.activatedAt,
  permissions: record.permissions,
  limits: toLimits(record),
  weeklyResetDay: record.weeklyResetDay,
  weeklyResetHour: record.weeklyResetHour,
  enableModelRestriction: record.enableModelRestriction,
  restrictedModels: record.restrictedModels,
  modelRestrictionMode: record.modelRestrictionMode,
  enableClientRestriction: record.enableClientRestriction,
  allowedClients: record.allowedClients,
  bindings: Object.fromEntries(Object.entries(record.bindings).filter(([, value]) => value !== '')),
  serviceRates: record.serviceRates,
});
