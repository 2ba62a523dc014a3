import type { AccountMark, Platform } from '@crs/extension-api';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testAccount } from '../../test/support/test-account.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import { testConfig } from '../../test/support/test-config.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import { testAttemptRecord } from '../../test/support/test-request-entry.ts';
import { testRetryJob } from '../../test/support/test-retry-job.ts';
import type { AccountHealthService } from '../account/account-health.service.js';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../platforms/codex/codex.platform.js';
import type { Served } from './attempt/retry-handler.js';
import { BrokenAnswers } from './broken-answers.js';
import { CHAT_COMPLETIONS } from './chat-completions.js';
import type { StreamFailure, StreamTracker } from './stream/stream-tracker.js';

const CLAUDE: Platform = new ClaudeConsolePlatform();
const registryOf = (platform: Platform): PlatformRegistry => ({ get: () => platform }) as unknown as PlatformRegistry;
const selection = { account: testAccount(), sticky: false, strayed: false, recovering: false, slot: null };
const served: Served = { answer: { kind: 'local', status: 200, headers: {}, body: Buffer.alloc(0) }, selection };
const OVERLOADED: StreamFailure = { type: 'overloaded_error', message: '', text: '{}' };
const BLAMES_REQUEST: StreamFailure = { type: 'invalid_request_error', message: 'too long', text: '{}' };

describe('BrokenAnswers', () => {
  const note = (
    failure: StreamTracker['failure'],
    { hasKeptWaiting = false, job = testRetryJob(), marked = Promise.resolve(), platform = CLAUDE } = {},
  ) => {
    const mark = jest.fn<AccountHealthService['mark']>(() => marked);
    const health = { mark } as unknown as AccountHealthService;
    const sut = new BrokenAnswers(health, registryOf(platform), new TestClock(1_000), testConfig());
    sut.note({ job, client: { hasKeptWaiting } }, served, { failure } as StreamTracker);
    return mark;
  };

  it.each<[string, StreamTracker['failure'], AccountMark, string]>([
    ['that just breaks', null, { type: 'connection', statusCode: 0 }, 'The stream broke off'],
    ['that says it is overloaded', OVERLOADED, { type: 'overload', statusCode: 529 }, '{}'],
  ])('marks an upstream %s', (_, failure, expected, text) => {
    const { id: requestId, model, endpoint } = testRetryJob().request;
    const mark = note(failure);
    expect(mark.mock.calls).toEqual([[selection.account, expected, { requestId, model, endpoint, text }]]);
  });

  it.each<[StreamTracker['failure'], number]>([
    [null, 0],
    [OVERLOADED, 1],
  ])('blames an upstream that its client had made wait only for its own words: %j', (failure, marks) => {
    expect(note(failure, { hasKeptWaiting: true })).toHaveBeenCalledTimes(marks);
  });

  it('marks an upstream that was asked for responses for them, whatever they are translated to', () => {
    const request = testRelayRequest({ protocol: 'openai', endpoint: CHAT_COMPLETIONS.name });
    const job = testRetryJob({ request, endpoint: CHAT_COMPLETIONS });
    const mark = note({ type: 'server_error', message: '', text: '{}' }, { job, platform: new CodexPlatform() });
    expect(mark.mock.calls.map(([, told]) => told)).toEqual([{ type: 'server_error', statusCode: 500 }]);
  });

  it('does not blame an upstream that blames the request', () => {
    expect(note(BLAMES_REQUEST)).not.toHaveBeenCalled();
  });

  it.each<[StreamTracker['failure'], string | null]>([
    [null, null],
    [OVERLOADED, 'overloaded_error'],
  ])('says in the last attempt that the answer broke off: %j', (failure, reason) => {
    const before = testAttemptRecord({ ms: 1 });
    const attempts = [before, testAttemptRecord({ ms: 2 })];
    note(failure, { job: testRetryJob({ attempts }) });
    expect(attempts).toMatchObject([before, { result: 'broke_off', reason, ms: 2 }]);
  });

  it('only logs that a mark could not be written', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const away = new Error('away');
    note(null, { marked: Promise.reject(away) });
    await Promise.resolve();
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ accountId: selection.account.id, err: away }));
    error.mockRestore();
  });
});
