import { instant } from '../field-codecs.js';
import type { RecordFields } from '../account-record.js';

/** Accounts that a client key can be bound to together, by `group:{id}`. */
export interface AccountGroup {
  readonly id: string;
  readonly name: string;
  /** v1's name of the platform whose accounts may be members: `claude`, `openai`; others are not served here. */
  readonly storedPlatform: string;
  readonly description: string;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
  readonly memberCount: number;
}

/** The record as v1 writes it, field by field. */
export function newGroupRecord(
  id: string,
  settings: { readonly name: string; readonly storedPlatform: string; readonly description: string },
  at: Date,
): RecordFields {
  const { name, storedPlatform, description } = settings;
  const now = at.toISOString();
  return { id, name, platform: storedPlatform, description, createdAt: now, updatedAt: now };
}

/** Never throws. */
export function decodeGroup(id: string, fields: RecordFields, memberCount: number): AccountGroup {
  return {
    id,
    name: fields['name'] ?? '',
    storedPlatform: fields['platform'] ?? '',
    description: fields['description'] ?? '',
    createdAt: instant.decode(fields['createdAt'] ?? ''),
    updatedAt: instant.decode(fields['updatedAt'] ?? ''),
    memberCount,
  };
}
