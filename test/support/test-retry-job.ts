import type { RetryJob } from '../../src/relay/attempt/retry-job.js';
import { MESSAGES } from '../../src/relay/endpoints.js';
import { testPrincipal } from './test-principal.ts';
import { testRelayRequest } from './test-relay-request.ts';

/** A request for a message that no account was asked for yet, and for which nothing is held. */
export const testRetryJob = (change: Partial<RetryJob> = {}): RetryJob => ({
  request: testRelayRequest(),
  principal: testPrincipal(),
  endpoint: MESSAGES,
  platforms: [],
  signal: new AbortController().signal,
  attempts: [],
  waste: [],
  admission: null,
  spending: null,
  slot: null,
  ...change,
});
