import { toApiKeyId } from '@crs/extension-api';
import { type ApiKeyRecord, DEFAULT_SETTINGS, NO_BINDINGS } from '../../src/api-key/api-key-record.js';

/** A working key with nothing set. */
export function testApiKey(change: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  const createdAt = new Date('2026-11-23T04:05:00.344Z');
  return {
    ...DEFAULT_SETTINGS,
    id: toApiKeyId('80cac638-f623-4bed-ac85-8a1a69d6525d'),
    name: 'plain-a',
    secretHash: 'a'.repeat(64),
    bindings: NO_BINDINGS,
    isActivated: true,
    activatedAt: createdAt,
    createdAt,
    createdBy: 'admin',
    updatedAt: null,
    lastUsedAt: null,
    userId: '',
    userUsername: '',
    deletion: null,
    restoration: null,
    ...change,
  };
}
