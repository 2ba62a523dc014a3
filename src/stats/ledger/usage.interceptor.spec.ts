import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post, Req, UseInterceptors } from '@nestjs/common';
import type { UsageReport, WastedAttempt } from '@crs/extension-api';
import { Public } from '@crs/extension-api';
import type { FastifyRequest } from 'fastify';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { testUsageReport, testWastedAttempt } from '../../../test/support/test-usage-report.js';
import type { RelayOutcome } from '../../core/outcome/outcome-latch.js';
import { UsageInterceptor } from './usage.interceptor.js';
import { UsageRecorder } from './usage-recorder.js';

type Recorded = readonly [UsageReport | null, readonly WastedAttempt[], string];
const recorded: Recorded[] = [];
const waste = [testWastedAttempt()];
const outcomes: Record<string, RelayOutcome> = {
  '/spent': { requestId: 'req-1', end: 'completed', report: testUsageReport(), waste },
  '/failed': { requestId: 'req-2', end: 'failed', report: null, waste: [] },
};

@UseInterceptors(UsageInterceptor)
@Controller()
class RelayLikeController {
  @Public()
  @Post(['spent', 'failed'])
  async relay(@Req() request: FastifyRequest) {
    const outcome = outcomes[request.url] ?? null;
    if (outcome !== null) await request.outcome?.settle(outcome);
    // What was recorded before the handler could return, so before the last byte.
    return { hasLatch: request.outcome !== null, recorded: recorded.length };
  }
}

describe('UsageInterceptor', () => {
  let http: HttpApp;

  beforeEach(async () => {
    recorded.length = 0;
    const recorder = {
      record: async (...outcome: Recorded) => {
        await Promise.resolve();
        recorded.push(outcome);
      },
    };
    http = await startHttpApp({
      controllers: [RelayLikeController],
      providers: [UsageInterceptor, { provide: UsageRecorder, useValue: recorder }],
    });
  });

  afterEach(async () => {
    await http.close();
  });

  const post = async (path: string): Promise<unknown> =>
    (
      await fetch(`${http.url}${path}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    ).json();

  it('has the usage recorded before the request can end', async () => {
    await expect(post('/spent')).resolves.toEqual({ hasLatch: true, recorded: 1 });
    expect(recorded).toEqual([[testUsageReport(), waste, 'req-1']]);
  });

  it('also has it recorded that a request is over which spent nothing', async () => {
    await expect(post('/failed')).resolves.toEqual({ hasLatch: true, recorded: 1 });
    expect(recorded).toEqual([[null, [], 'req-2']]);
  });
});
