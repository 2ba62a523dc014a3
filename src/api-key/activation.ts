import type { ApiKeyRecord } from './api-key-record.js';

const UNIT_MS = { days: 86_400_000, hours: 3_600_000 } as const;
const DEFAULT_LENGTH = 30;

/** Whether the life of the key begins with this use. */
export const isAwaitingActivation = ({ expirationMode, isActivated }: ApiKeyRecord): boolean =>
  expirationMode === 'activation' && !isActivated;

/** The key after its first use. */
export function activate(record: ApiKeyRecord, now: Date): ApiKeyRecord {
  const length = record.activationDays === 0 ? DEFAULT_LENGTH : record.activationDays;
  const expiresAt = new Date(now.getTime() + length * UNIT_MS[record.activationUnit]);
  return { ...record, isActivated: true, activatedAt: now, lastUsedAt: now, expiresAt };
}
