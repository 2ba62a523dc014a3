import { type AttemptFailure, NO_TOKENS, type UsageMeter } from '@crs/extension-api';
import { Logger } from '@nestjs/common';
import type { AppConfig } from '../../core/config/app-config.js';
import { EgressError } from '../../core/egress/egress-error.js';
import type { HttpExchange, IncomingResponse } from '../../core/egress/http-exchange.js';
import type { Clock } from '../../core/time/clock.js';
import { redactErrorText } from '../error-text.js';
import { failureContext } from '../failure-context.js';
import { AnswerReader, noEventStream } from './answer-reader.js';
import { explainFault } from './egress-words.js';
import { SecretFilter } from './secret-filter.js';
import { TestEndedError, TestFailedError } from './test-ending.js';
import type { TestEvent, TestUsage } from './test-event.js';
import type { TestPlan } from './test-planner.js';
import { TimedExchange, type TestLimits } from './timed-exchange.js';
import { upstreamWords } from './upstream-words.js';
import { judgeTest, type TestVerdict } from './verdict-words.js';

const MAX_MESSAGE_CHARS = 500;

export interface TestTools {
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  readonly config: Pick<AppConfig, 'marks' | 'relay'>;
  readonly limits: TestLimits;
}

/** One test of one account by a real request, told as it happens. Leaves no trace on the account. */
export class AccountTest {
  private readonly logger = new Logger(AccountTest.name);
  private readonly meter: UsageMeter;
  private readonly reader: AnswerReader;
  private readonly startedAt: number;
  /** Of the answer; null = none has begun. */
  private status: number | null = null;
  private firstContentMs: number | null = null;

  constructor(
    private readonly plan: TestPlan,
    private readonly tools: TestTools,
  ) {
    this.meter = plan.adapter.createUsageMeter();
    this.reader = new AnswerReader(plan.adapter.probe, this.meter);
    this.startedAt = tools.clock.now();
  }

  /**
   * Runs it once; never throws.
   *
   * @param stop aborted with a `TestEndedError` when nobody waits any longer
   */
  async *run(stop: AbortSignal): AsyncGenerator<TestEvent> {
    yield this.toStart();
    const { exchange, clock, limits } = this.tools;
    const timed = new TimedExchange(exchange, clock, limits, stop);
    try {
      const response = await timed.open({ ...this.plan.outgoing, proxy: this.plan.account.proxy });
      this.status = response.status;
      yield { name: 'connected', status: response.status, ms: this.elapsedMs() };
      await this.assertStream(response, timed);
      yield* this.tellContent(timed);
      yield this.toComplete(response.status);
      await timed.finish();
    } catch (error) {
      yield this.toError(this.toFailure(error));
    } finally {
      timed.stop();
    }
  }

  private async *tellContent(timed: TimedExchange): AsyncGenerator<TestEvent> {
    const filter = new SecretFilter(this.plan.account.secret);
    for await (const piece of this.reader.read(timed)) {
      this.firstContentMs ??= this.elapsedMs();
      const text = filter.push(piece);
      if (text !== '') yield { name: 'content', text };
    }
    const rest = filter.end();
    if (rest !== '') yield { name: 'content', text: rest };
  }

  private async assertStream({ status, headers }: IncomingResponse, timed: TimedExchange): Promise<void> {
    if (status < 200 || status > 299) {
      const text = await timed.readText();
      const words = upstreamWords(text);
      const message = words === '' ? `The upstream answered ${String(status)} without a word.` : words;
      throw new TestFailedError('status', message, { kind: 'status', status, headers, text });
    }
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && encoding !== '') {
      const message = `The upstream compresses its answer (${encoding}), although plain text was asked for.`;
      throw new TestFailedError('stream', message, { kind: 'malformed', reason: 'compressed', text: '' });
    }
    const contentType = headers['content-type'] ?? 'no content type';
    if (!contentType.toLowerCase().includes('text/event-stream'))
      throw noEventStream(await timed.readText(), contentType);
  }

  private toStart(): TestEvent {
    const { platform, account, request, upstreamModel, outgoing } = this.plan;
    const { proxy } = account;
    return {
      name: 'test_start',
      platform,
      accountId: account.id,
      model: request.model,
      upstreamModel,
      url: outgoing.url.origin,
      proxy: proxy === null ? null : { type: proxy.type, host: proxy.host },
    };
  }

  private toComplete(status: number): TestEvent {
    const { model, started, usage } = this.meter.read();
    const { inputTokens, outputTokens, cacheCreateTokens, cacheReadTokens } = started ? usage : NO_TOKENS;
    const figures: TestUsage = { inputTokens, outputTokens, cacheCreateTokens, cacheReadTokens };
    return {
      name: 'test_complete',
      ok: true,
      status,
      ms: this.elapsedMs(),
      firstContentMs: this.firstContentMs,
      model: this.redact(model ?? this.plan.upstreamModel),
      usage: started ? figures : null,
    };
  }

  private toError({ stage, message, failure }: TestFailedError): TestEvent {
    return {
      name: 'test_error',
      ok: false,
      stage,
      ...(this.status !== null && { status: this.status }),
      ms: this.elapsedMs(),
      message: this.redact(message),
      ...this.judge(failure),
    };
  }

  private judge(failure: AttemptFailure | null): TestVerdict | { readonly mark: null; readonly verdict: null } {
    if (failure === null) return { mark: null, verdict: null };
    const { adapter, account, request } = this.plan;
    const now = this.tools.clock.now();
    const verdict = adapter.classifyFailure(
      failure,
      failureContext(account, request, { marks: this.tools.config.marks, now, sameFailures: 0 }),
    );
    const wasAnswered = this.reader.hasText;
    return judgeTest({ failure, verdict, wasAnswered, request, account, config: this.tools.config, now });
  }

  private toFailure(error: unknown): TestFailedError {
    if (error instanceof TestFailedError) return error;
    if (error instanceof TestEndedError) return this.toEnded(error);
    if (error instanceof EgressError && error.fault !== 'aborted') {
      const { message } = explainFault(error, { target: this.plan.outgoing.url, proxy: this.plan.account.proxy });
      const failure = { kind: 'transport', reason: error.fault, detail: error.message } as const;
      return this.status === null
        ? new TestFailedError('connect', message, failure)
        : new TestFailedError('stream', 'The connection broke in the middle of the answer.', failure);
    }
    this.logger.error({ msg: 'A test of an account has failed', requestId: this.plan.request.id, err: error });
    const words = 'The gateway itself has failed. Its log has the cause under the id of this request.';
    return new TestFailedError('stream', words, null);
  }

  private toEnded({ why }: TestEndedError): TestFailedError {
    const { totalMs, idleMs } = this.tools.limits;
    switch (why) {
      case 'head':
        return new TestFailedError('timeout', `The upstream did not begin to answer within ${seconds(idleMs)}.`, {
          kind: 'timeout',
          reason: 'first_byte',
        });
      case 'idle':
        return new TestFailedError('timeout', `The upstream fell silent for ${seconds(idleMs)} within its answer.`, {
          kind: 'timeout',
          reason: 'idle',
        });
      case 'total':
        return new TestFailedError(
          'timeout',
          `The answer was not whole after ${seconds(totalMs)}; the test ends.`,
          null,
        );
      case 'gone':
      case 'stopped':
        return new TestFailedError('stopped', 'The gateway stops. Test again when it is back.', null);
    }
  }

  private redact(text: string): string {
    return redactErrorText(text, this.plan.account.secret, MAX_MESSAGE_CHARS);
  }

  private elapsedMs(): number {
    return this.tools.clock.now() - this.startedAt;
  }
}

const seconds = (ms: number): string => `${String(ms / 1000)} s`;
