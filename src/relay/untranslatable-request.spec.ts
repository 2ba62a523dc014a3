import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RelayError, toAccountId } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FakeLeases } from '../../test/support/fake-leases.ts';
import { MemoryJournal } from '../../test/support/memory-journal.ts';
import { noTransformers } from '../../test/support/no-transformers.ts';
import { testAccount } from '../../test/support/test-account.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import { testConfig } from '../../test/support/test-config.ts';
import { testPrincipal } from '../../test/support/test-principal.ts';
import { testRelayRequest } from '../../test/support/test-relay-request.ts';
import type { AccountHealthService } from '../account/account-health.service.js';
import { Admission } from '../api-key/limits/admission.js';
import { MetricsRegistry } from '../core/metrics/metrics-registry.js';
import { OutcomeLatch, type RelayOutcome } from '../core/outcome/outcome-latch.js';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../platforms/claude-console/claude-console.platform.js';
import { NoAccountError } from '../scheduler/no-account.error.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import { AccountAttempt } from './attempt/account-attempt.js';
import type { AttemptLog } from './attempt/attempt-log.js';
import { AttemptTranslation } from './attempt/attempt-translation.js';
import { RetryHandler } from './attempt/retry-handler.js';
import type { BrokenAnswers } from './broken-answers.js';
import type { Endpoint } from './endpoint.js';
import { MESSAGES, RESPONSES } from './endpoints.js';
import { OpenRelays } from './open-relays.js';
import type { RelayAdmission } from './relay-admission.js';
import { RelayClosing } from './relay-closing.js';
import { RelayLedger } from './relay-ledger.js';
import { RelayMetrics } from './relay-metrics.js';
import type { RelayRequestFactory } from './relay-request.factory.js';
import { RelayService } from './relay.service.js';
import type { RequestEntry } from './requests/request-entry.js';
import type { UpstreamClient } from './upstream/upstream-client.js';

const REFUSAL = new RelayError('invalid_request', 'n: only one answer can be asked for here');
const KEY_SLOT = { set: 'concurrency:k', member: 'r' };
const ACCOUNT_SLOT = { set: 'concurrency:console_account:a', member: 'r' };

/** More than are asked for one request. */
const POOL = Array.from({ length: 7 }, (_, at) => toAccountId(`account-${String(at)}`));

/** Its requests cannot be said to any upstream. */
const ENDPOINT: Endpoint = {
  ...RESPONSES,
  servedBy: ['anthropic'],
  bridgeTo: () => ({
    target: MESSAGES,
    toUpstream: () => {
      throw REFUSAL;
    },
    toClient: (answer) => answer,
    refusalToClient: (body) => body,
    openStream: () => null,
  }),
};

describe('a request that cannot be said to the upstream', () => {
  const open = jest.fn<UpstreamClient['open']>();
  const mark = jest.fn<AccountHealthService['mark']>();
  const recovered = jest.fn<AccountHealthService['recovered']>();
  const selectAccount = jest.fn<SchedulerService['selectAccount']>();
  let leases: FakeLeases;
  let journal: MemoryJournal;
  let outcomes: RelayOutcome[];
  let entries: RequestEntry[];
  let server: Server;
  let response: ServerResponse;
  let answer: Promise<IncomingMessage>;

  beforeEach(async () => {
    jest.clearAllMocks();
    leases = new FakeLeases();
    journal = new MemoryJournal();
    [outcomes, entries] = [[], []];
    selectAccount.mockImplementation(({ excluded }) => {
      const [id] = POOL.filter((each) => !excluded.has(each));
      if (id === undefined) return Promise.reject(new NoAccountError(new Map([['rate_limited', 1]]), new Date(9_000)));
      const slot = leases.keep(ACCOUNT_SLOT);
      return Promise.resolve({ account: testAccount({ id }), sticky: false, strayed: false, recovering: false, slot });
    });
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const outgoing = ask({ port: (server.address() as AddressInfo).port, agent: false });
    answer = once(outgoing, 'response').then(([incoming]) => incoming as IncomingMessage);
    // Who answers nothing lets it fail at the end of its case.
    answer.catch(() => undefined);
    outgoing.end();
    [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const relay = (stream: boolean, holdMs = 60_000): Promise<void> => {
    const clock = new TestClock(1_000);
    const config = testConfig({ relay: { holdMs } });
    const platforms = { get: () => new ClaudeConsolePlatform() } as unknown as PlatformRegistry;
    const scheduler = { selectAccount } as unknown as SchedulerService;
    const health = { mark, recovered } as unknown as AccountHealthService;
    const ledger = new RelayLedger(journal, platforms, clock);
    const upstream = { open } as unknown as UpstreamClient;
    const attempt = new AccountAttempt(upstream, ledger, new AttemptTranslation(noTransformers()), config);
    const log = { add: (entry: RequestEntry) => void entries.push(entry) } as unknown as AttemptLog;
    const metrics = new RelayMetrics(new MetricsRegistry(), { count: () => 0 });
    const admission = new Admission([leases.keep(KEY_SLOT)], 'm');
    const request = testRelayRequest({ protocol: 'openai', endpoint: ENDPOINT.name, stream });
    const sut = new RelayService(
      { create: () => request } as unknown as RelayRequestFactory,
      { admit: () => Promise.resolve({ platforms: ['claude-console'], admission }) } as unknown as RelayAdmission,
      new RetryHandler(scheduler, platforms, attempt, health, clock, config),
      new RelayClosing(scheduler, ledger, {} as BrokenAnswers, log, metrics, clock),
      new OpenRelays(),
      config,
    );
    const latch = new OutcomeLatch();
    latch.beforeEnd(async (outcome) => void outcomes.push(outcome));
    const reply = { raw: response, hijack: () => undefined, getHeaders: () => ({}) } as unknown as FastifyReply;
    return sut.relay(ENDPOINT, { outcome: latch } as FastifyRequest, reply, testPrincipal());
  };

  const expectNothingSpent = (): void => {
    expect(open).not.toHaveBeenCalled();
    expect(selectAccount).toHaveBeenCalledTimes(POOL.length + 1);
    expect(mark).not.toHaveBeenCalled();
    expect(recovered).not.toHaveBeenCalled();
    expect(journal.notes).toEqual([]);
    expect(outcomes).toMatchObject([{ end: 'failed', report: null, waste: [] }]);
    expect(entries).toMatchObject([{ end: 'failed', attempts: [] }]);
    expect(leases.open.size).toBe(0);
    expect(leases.released.filter(({ set }) => set === ACCOUNT_SLOT.set)).toHaveLength(POOL.length);
    expect(leases.released).toEqual(expect.arrayContaining([KEY_SLOT, ACCOUNT_SLOT]));
    expect(leases.handedOver).toEqual([]);
  };

  it.each([true, false])('is refused, gives back all that it holds, and books nothing (stream: %s)', async (stream) => {
    await expect(relay(stream)).rejects.toBe(REFUSAL);
    expect(response.headersSent).toBe(false);
    expectNothingSpent();
  });

  it('is told so in the stream where its pings have begun', async () => {
    const select = selectAccount.getMockImplementation();
    selectAccount.mockImplementation(async (...query) => {
      await answer;
      if (select === undefined) throw new Error('No account');
      return select(...query);
    });
    const relayed = relay(true, 0);
    const chunks: Buffer[] = [];
    await expect(
      (async () => {
        for await (const chunk of await answer) chunks.push(chunk as Buffer);
      })(),
    ).rejects.toThrow('aborted');
    await relayed;
    expect(Buffer.concat(chunks).toString()).toBe(
      `: ping\n\n${ENDPOINT.protocol.errorEvent(REFUSAL, testRelayRequest().id).toString()}`,
    );
    expectNothingSpent();
  });
});
