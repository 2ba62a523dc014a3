import { describe, expect, it } from '@jest/globals';
import type { AccountMark, AttemptFailure } from '@crs/extension-api';
import { testAccount } from '../../../test/support/test-account.js';
import { testConfig } from '../../../test/support/test-config.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { type JudgedTest, judgeTest } from './verdict-words.js';
import { toProbeRequest } from './test-planner.js';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');
const { relay } = new ClaudeConsolePlatform();
const RESET: AttemptFailure = { kind: 'transport', reason: 'reset', detail: '' };

const judge = (change: Partial<JudgedTest> = {}) =>
  judgeTest({
    failure: RESET,
    verdict: { action: 'give_up' },
    wasAnswered: false,
    request: toProbeRequest(relay, { id: 'request-1', model: 'claude-a', receivedAt: new Date(NOW) }),
    account: testAccount(),
    config: testConfig(),
    now: NOW,
    ...change,
  });

const marked = (type: AccountMark['type'], change: Partial<AccountMark> = {}): Pick<JudgedTest, 'verdict'> => ({
  verdict: { action: 'other_account', mark: { type, statusCode: 0, ...change } },
});

describe('judgeTest', () => {
  it.each([
    ['auth_error', {}, 'auth_error', 'this one would be marked auth_error and left out for 1800 s.'],
    ['overload', {}, 'overload', 'this one would be marked overload and left out for 600 s.'],
    ['rate_limit', { resetAt: new Date(NOW + 45_000) }, 'rate_limit', 'left out for 45 s.'],
    // Beyond the longest cool-down the reset is noted by name.
    ['rate_limit', { resetAt: new Date(NOW + 7_200_000) }, 'rate_limit', 'left out for 7200 s.'],
    ['rate_limit', { scope: 'model' }, 'rate_limit', 'this one would not be asked for this model for 300 s.'],
    ['overload', { scope: 'endpoint' }, 'overload', 'this one would not be asked for this endpoint for 600 s.'],
    ['overload', { doubtful: true }, 'overload', 'left out for 10 s.'],
    [
      'endpoint_missing',
      {},
      'endpoint_missing',
      'this one would not be asked for this endpoint for 3600 s. Look at apiUrl',
    ],
    ['model_missing', {}, 'model_missing', 'this one would not be asked for this model for 3600 s.'],
  ] as const)('says how long the mark %s %j holds', (type, change, mark, words) => {
    const result = judge(marked(type, change));
    expect(result.mark).toBe(mark);
    expect(result.verdict.startsWith("A client's request would go on to another account; this one would ")).toBe(true);
    expect(result.verdict).toContain(words);
  });

  it('says that nothing is marked where another account is asked all the same', () => {
    expect(judge({ verdict: { action: 'other_account', mark: null } })).toEqual({
      mark: null,
      verdict: "A client's request would go on to another account; this one would not be marked.",
    });
  });

  it('says what goes back to the client', () => {
    expect(judge()).toEqual({
      mark: null,
      verdict: 'A client would get this answer as it is; the account would not be marked.',
    });
  });

  it('knows that nobody takes over an answer that has begun', () => {
    expect(judge({ ...marked('connection'), wasAnswered: true }).verdict).toBe(
      'A client would see its answer break off; this one would be marked connection and left out for 60 s.',
    );
  });

  it('honours what the account is set to', () => {
    const unmarked = judge({ ...marked('overload'), account: testAccount({ disableAutoProtection: true }) });
    expect(unmarked).toEqual({ mark: null, verdict: expect.stringContaining('because disableAutoProtection is on.') });
  });

  it('honours marks that are configured to hold no time', () => {
    const config = testConfig({ marks: { overloadSeconds: 0 } });
    expect(judge({ ...marked('overload'), config }).verdict).toContain('in its history only and stay in use.');
  });

  it.each([
    ['first_byte', 'wait up to 120 s (UPSTREAM_FIRST_BYTE_TIMEOUT) and then go on'],
    ['idle', 'wait up to 60 s (UPSTREAM_IDLE_TIMEOUT) and then go on'],
  ] as const)('says how long a client would wait: %s', (reason, words) => {
    expect(judge({ ...marked('connection'), failure: { kind: 'timeout', reason } }).verdict).toContain(words);
  });
});
