import { toAccountId, toApiKeyId } from '@crs/extension-api';
import type { AttemptRecord } from '../../src/relay/attempt/attempt-record.js';
import type { RequestEntry } from '../../src/relay/requests/request-entry.js';

const ACCOUNT = toAccountId('6f9619ff-8b86-4d01-b42d-00cf4fc964ff');

/** An attempt that led to an answer. */
export const testAttemptRecord = (change: Partial<AttemptRecord> = {}): AttemptRecord => ({
  accountId: ACCOUNT,
  platform: 'claude-console',
  result: 'ok',
  reason: null,
  status: null,
  verdict: null,
  mark: null,
  startedAt: '2026-11-23T00:00:00.000Z',
  ms: 12,
  ...change,
});

/** A request that the first account has served. */
export const testRequestEntry = (change: Partial<RequestEntry> = {}): RequestEntry => ({
  requestId: 'req_1',
  upstreamRequestId: null,
  at: '2026-11-23T00:00:00.000Z',
  keyId: toApiKeyId('80cac638-f623-4bed-ac85-8a1a69d6525d'),
  model: 'claude-opus-5-5',
  endpoint: '/api/v1/messages',
  stream: false,
  accountId: ACCOUNT,
  end: 'completed',
  status: 200,
  ms: 20,
  refusal: null,
  attempts: [testAttemptRecord()],
  ...change,
});
