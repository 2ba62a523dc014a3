import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { type Simulator, startSimulator } from './simulator/simulator.ts';
import { TestApp } from './test-app.ts';
import type { ConfigOverrides } from './test-config.ts';

export const MODEL = 'claude-opus-5-5';
export const QUESTION = { model: MODEL, max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hello' }] };

/** An answer may be asked for in both forms. */
const FORMS = [false, true];

type SdkError = InstanceType<typeof Anthropic.APIError>;

/** What a refusal looks like to the SDK. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: RegExp;
  /** Of the header `retry-after`; left out: there is none. */
  readonly retryAfter?: RegExp;
  /** The SDK may try again by itself. */
  readonly mayRetry?: boolean;
}

/** The official SDK as its users have it, and how often it has really called. */
export interface CountingClient {
  readonly sdk: Anthropic;
  calls(): number;
}

type ChangeRequest = (init: RequestInit, call: number) => RequestInit | Promise<RequestInit>;

/** A gateway with one account, `up-a`, whose refusals are looked at through the SDK. */
export class RefusalRig {
  simulator!: Simulator;
  app!: TestApp;
  accountId!: string;

  static forSuite(config: ConfigOverrides = {}): RefusalRig {
    const rig = new RefusalRig();
    beforeAll(async () => {
      rig.simulator = await startSimulator();
      rig.app = await TestApp.start(config);
      rig.accountId = await rig.app.account(rig.simulator.url, 'up-a');
    });
    afterAll(async () => {
      await rig.app.close();
      await rig.simulator.close();
    });
    beforeEach(() => {
      rig.simulator.reset();
    });
    return rig;
  }

  /** `change` sees each call, the first of which is 1, just before it is sent. */
  client(apiKey: string, options: ClientOptions = {}, change: ChangeRequest = (init) => init): CountingClient {
    let calls = 0;
    const send = async (url: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> => {
      calls += 1;
      return fetch(url, await change(init, calls));
    };
    const own = { apiKey, authToken: null, baseURL: `${this.app.url}/api` };
    const sdk = new Anthropic({ ...own, ...options, fetch: send });
    return { sdk, calls: () => calls };
  }

  /** Refused at once whatever form is asked for: the SDK does not try again, and the upstream is not asked. */
  async expectRefused(client: CountingClient, expected: Refusal, body: object = QUESTION): Promise<void> {
    const upstream = this.simulator.log.length;
    for (const stream of FORMS) {
      const before = client.calls();
      const call = client.sdk.messages.create({ ...(body as typeof QUESTION), stream });
      expectRefusal(await sdkErrorOf(call), expected);
      expect(client.calls() - before).toBe(1);
    }
    expect(this.simulator.log).toHaveLength(upstream);
  }

  /** Runs `check` while a request of the key waits for its answer. */
  async whileOneRuns(apiKey: string, check: (running: Promise<unknown>) => Promise<void>): Promise<void> {
    this.simulator.script('up-a', [{ holdAfterEvents: -1 }]);
    const running = ask(this.client(apiKey).sdk, false);
    await this.simulator.held('up-a');
    await check(running);
    this.simulator.release('up-a');
    await running;
  }
}

export function ask(sdk: Anthropic, stream: boolean, body: object = QUESTION): Promise<unknown> {
  const params = body as typeof QUESTION;
  return stream ? sdk.messages.stream(params).finalMessage() : sdk.messages.create(params);
}

/** The error that the call ended with; fails when it was no answer of the gateway. */
export async function sdkErrorOf(call: Promise<unknown>): Promise<SdkError> {
  const error: unknown = await call.catch((cause: unknown) => cause);
  if (!(error instanceof Anthropic.APIError)) throw new Error(`Not an API error: ${String(error)}`);
  return error;
}

export function expectRefusal(error: SdkError, expected: Refusal): void {
  const { retryAfter = /^none$/, mayRetry = false } = expected;
  expect({ status: error.status, type: error.type }).toEqual({ status: expected.status, type: expected.type });
  expect(error.error).toEqual({
    type: 'error',
    error: { type: expected.type, message: expect.stringMatching(expected.message) },
    request_id: error.requestID,
  });
  expect(error.requestID).toMatch(/^req_[0-9a-f]+$/);
  expect(error.headers?.get('x-relay-request-id')).toBe(error.requestID);
  expect(error.headers?.get('retry-after') ?? 'none').toMatch(retryAfter);
  expect(error.headers?.get('x-should-retry')).toBe(mayRetry ? null : 'false');
}
