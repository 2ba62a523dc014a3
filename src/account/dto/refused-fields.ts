import { RefusedFields } from '../../core/http/refused-fields.js';

const READ_ONLY = 'is read-only';
const BY_RESET = `${READ_ONLY}: POST .../reset-rate-limit ends what it stands for`;
const BY_MEMBERS = 'cannot be set: put the account into a group with POST /api/v2/account-groups/:id/members';

/** Fields of v1's records and of this API's answers that cannot be set, each with its reason. */
const REASONS: Readonly<Record<string, string>> = {
  id: READ_ONLY,
  platform: `${READ_ONLY}: it stands in the path`,
  baseApi: 'cannot be set: the address is called apiUrl here',
  hasApiKey: `${READ_ONLY}: send apiKey`,
  marks: BY_RESET,
  status: BY_RESET,
  errorMessage: BY_RESET,
  rateLimitedAt: BY_RESET,
  rateLimitStatus: BY_RESET,
  rateLimitResetAt: BY_RESET,
  rateLimitAutoStopped: BY_RESET,
  overloadedAt: BY_RESET,
  overloadStatus: BY_RESET,
  unauthorizedAt: BY_RESET,
  unauthorizedCount: BY_RESET,
  blockedAt: BY_RESET,
  blockedStatus: BY_RESET,
  blockedAutoStopped: BY_RESET,
  quotaStoppedAt: BY_RESET,
  quotaAutoStopped: BY_RESET,
  countTokensUnavailable: BY_RESET,
  countTokensUnavailableAt: BY_RESET,
  autoStoppedAt: BY_RESET,
  stoppedReason: BY_RESET,
  dailyUsage: `${READ_ONLY}: it is counted`,
  quotaResetsAt: `${READ_ONLY}: it follows from quotaResetTime`,
  lastResetDate: `${READ_ONLY}: it is counted`,
  totalUsedTokens: `${READ_ONLY}: it is counted`,
  groupId: BY_MEMBERS,
  groupIds: BY_MEMBERS,
  createdAt: READ_ONLY,
  updatedAt: READ_ONLY,
  lastUsedAt: READ_ONLY,
};

export const RefuseStoredFields = (): ClassDecorator => RefusedFields(REASONS);
