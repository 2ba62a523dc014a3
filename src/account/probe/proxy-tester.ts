import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../core/config/app-config.js';
import { EgressError } from '../../core/egress/egress-error.js';
import { HttpExchange } from '../../core/egress/http-exchange.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import { Clock } from '../../core/time/clock.js';
import { type ProxyInput, toProxy } from '../account-input.js';
import { findUrlFault } from '../upstream-url.js';
import { explainFault, type FaultWords, type Way } from './egress-words.js';
import { ProbeRuns } from './probe-runs.js';
import { TestEndedError } from './test-ending.js';

const DEFAULT_TARGET = 'https://api.anthropic.com';
const TIMEOUT_MS = 15_000;

export interface ProxyTestResult {
  readonly ok: boolean;
  /** What the target answered; left out where it did not. */
  readonly status?: number;
  readonly ms: number;
  /** Who has to be looked at; left out where the target answered. */
  readonly stage?: FaultWords['at'] | 'timeout' | 'stopped';
  readonly message?: string;
}

/** Tests a proxy by one request through it: any HTTP answer of the target shows that the proxy works. */
@Injectable()
export class ProxyTester {
  constructor(
    private readonly exchange: HttpExchange,
    private readonly clock: Clock,
    private readonly config: AppConfig,
    private readonly runs: ProbeRuns,
  ) {}

  /**
   * Throws a 400 about an address that no account may have, a 429 when too many tests run.
   *
   * @param address what is asked for through the proxy
   */
  async test(given: ProxyInput, address = DEFAULT_TARGET, timeoutMs = TIMEOUT_MS): Promise<ProxyTestResult> {
    const fault = findUrlFault(address, this.config.egress.allowPrivateUpstreams);
    if (fault !== null) throw new ValidationFailedException([{ field: 'url', message: `url ${fault}` }]);
    const way: Way = { target: new URL(address), proxy: toProxy(given, null) };
    const run = this.runs.begin();
    const startedAt = this.clock.now();
    try {
      const status = await this.ask(way, run.stopping, timeoutMs);
      return { ok: true, status, ms: this.clock.now() - startedAt };
    } catch (error) {
      return { ok: false, ms: this.clock.now() - startedAt, ...explain(error, way, timeoutMs) };
    } finally {
      run.end();
    }
  }

  /** The status of the target. */
  private async ask({ target, proxy }: Way, stopping: AbortSignal, timeoutMs: number): Promise<number> {
    const ending = new AbortController();
    const late = setTimeout(() => {
      ending.abort(new TestEndedError('total'));
    }, timeoutMs);
    try {
      const signal = AbortSignal.any([stopping, ending.signal]);
      const headers = { accept: '*/*' };
      const { status } = await this.exchange.send({ url: target, method: 'HEAD', headers, body: null, proxy, signal });
      return status;
    } finally {
      clearTimeout(late);
      // What is left of the exchange is of no use.
      ending.abort(new TestEndedError('gone'));
    }
  }
}

function explain(error: unknown, way: Way, timeoutMs: number): Pick<ProxyTestResult, 'stage' | 'message'> {
  if (!(error instanceof EgressError)) throw error;
  if (!(error.cause instanceof TestEndedError)) {
    const { at, message } = explainFault(error, way);
    return { stage: at, message };
  }
  if (error.cause.why === 'stopped') {
    return { stage: 'stopped', message: 'The gateway stops. Test again when it is back.' };
  }
  const message =
    `No answer of ${way.target.host} came through the proxy within ${String(timeoutMs / 1000)} s. ` +
    'Check host, port and type of the proxy, and whether a firewall stands before it.';
  return { stage: 'timeout', message };
}
