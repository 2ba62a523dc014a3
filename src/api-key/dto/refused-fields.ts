import { RefusedFields } from '../../core/http/refused-fields.js';

const READ_ONLY = 'is read-only';
const NOT_SERVED = 'cannot be set: accounts of this kind are not served here; what v1 stored is kept';

/** Fields of v1's record that cannot be set here, each with its reason. */
const REASONS: Readonly<Record<string, string>> = {
  id: READ_ONLY,
  key: `${READ_ONLY}: the secret is made by the gateway`,
  apiKey: `${READ_ONLY}: the secret is made by the gateway`,
  isActivated: `${READ_ONLY}: it follows from expirationMode and the first use`,
  activatedAt: `${READ_ONLY}: it follows from expirationMode and the first use`,
  createdAt: READ_ONLY,
  createdBy: READ_ONLY,
  updatedAt: READ_ONLY,
  lastUsedAt: READ_ONLY,
  userId: `${READ_ONLY}: it names the portal user who made the key`,
  userUsername: `${READ_ONLY}: it names the portal user who made the key`,
  isDeleted: `${READ_ONLY}: use DELETE and POST .../restore`,
  deletedAt: READ_ONLY,
  deletedBy: READ_ONLY,
  deletedByType: READ_ONLY,
  restoredAt: READ_ONLY,
  restoredBy: READ_ONLY,
  restoredByType: READ_ONLY,
  openaiAccountId: 'cannot be set: bind a codex account with codexAccountId',
  geminiAccountId: NOT_SERVED,
  azureOpenaiAccountId: NOT_SERVED,
  bedrockAccountId: NOT_SERVED,
  droidAccountId: NOT_SERVED,
  ccrAccountId: NOT_SERVED,
};

export const RefuseStoredFields = (): ClassDecorator => RefusedFields(REASONS);
