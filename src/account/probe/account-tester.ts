import { Injectable, type StreamableFile } from '@nestjs/common';
import { AppConfig } from '../../core/config/app-config.js';
import { HttpExchange } from '../../core/egress/http-exchange.js';
import { Clock } from '../../core/time/clock.js';
import { AccountTest } from './account-test.js';
import { toEventStream } from './event-stream.js';
import { ProbeRuns } from './probe-runs.js';
import { TestPlanner } from './test-planner.js';
import type { TestLimits } from './timed-exchange.js';

const LIMITS: TestLimits = { totalMs: 60_000, idleMs: 30_000 };
/** For an administrator whose connection takes nothing. */
const LAST_WORDS_MS = 5_000;

/** What an administrator tests an account for. */
export interface TestOrder {
  readonly platform: string;
  readonly accountId: string;
  /** Null: any that the account has. */
  readonly model: string | null;
  readonly requestId: string;
}

/** Tests accounts by a real request. Marks nothing, books nothing. */
@Injectable()
export class AccountTester {
  constructor(
    private readonly planner: TestPlanner,
    private readonly exchange: HttpExchange,
    private readonly clock: Clock,
    private readonly config: AppConfig,
    private readonly runs: ProbeRuns,
  ) {}

  /** The test as server-sent events. What can be refused before anything is sent is thrown: 404, 409, 429. */
  async start({ platform, accountId, model, requestId }: TestOrder): Promise<StreamableFile> {
    const plan = await this.planner.plan(platform, accountId, model, requestId);
    const run = this.runs.begin();
    const { exchange, clock, config } = this;
    const test = new AccountTest(plan, { exchange, clock, config, limits: LIMITS });
    return toEventStream({
      run: (stop) => test.run(stop),
      stopping: run.stopping,
      maxMs: LIMITS.totalMs + LAST_WORDS_MS,
      onEnd: run.end,
    });
  }
}
