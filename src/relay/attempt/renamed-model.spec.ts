import type { RelayRequest, UpstreamAccount, UsageMeter } from '@crs/extension-api';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MemoryJournal } from '../../../test/support/memory-journal.ts';
import { noMeter } from '../../../test/support/no-meter.ts';
import { noTransformers } from '../../../test/support/no-transformers.ts';
import { testAccount } from '../../../test/support/test-account.ts';
import { TestClock } from '../../../test/support/test-clock.ts';
import { testConfig } from '../../../test/support/test-config.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { testRetryJob } from '../../../test/support/test-retry-job.ts';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { CodexPlatform } from '../../platforms/codex/codex.platform.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import { RESPONSES } from '../endpoints.js';
import { RelayLedger } from '../relay-ledger.js';
import type { UpstreamClient } from '../upstream/upstream-client.js';
import { AccountAttempt } from './account-attempt.js';
import { AttemptTranslation } from './attempt-translation.js';

const openAi = new CodexPlatform().relay;

interface Given {
  readonly account: UpstreamAccount;
  readonly request: RelayRequest;
}

const newBody = (): UpstreamBody =>
  new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: () => undefined });

describe('AccountAttempt, where the upstream is asked for another model than the client has named,', () => {
  const open = jest.fn<UpstreamClient['open']>();
  const platforms = { get: () => new CodexPlatform() } as unknown as PlatformRegistry;
  const ledger = new RelayLedger(new MemoryJournal(), platforms, new TestClock(9_000));
  let body: UpstreamBody;

  beforeEach(() => {
    jest.clearAllMocks();
    body = newBody();
  });

  const whole = (text: string): void => {
    body.push(Buffer.from(text));
    body.end();
  };

  const account = testAccount({ platform: 'third', supportedModels: { 'gpt-5': 'vendor-gpt' } });
  const request = testRelayRequest({
    protocol: 'openai',
    endpoint: 'responses',
    model: 'gpt-5',
    askedModel: 'gpt-5',
  });
  const SSE = { 'content-type': 'text/event-stream', 'openai-model': 'vendor-gpt' };
  const sse = (type: string, members: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
  const created = (model: string): string => sse('response.created', { response: { id: 'r', model } });
  const delta = sse('response.output_text.delta', { delta: 'vendor-gpt' });
  const completed = (model: string): string => sse('response.completed', { response: { id: 'r', model, output: [] } });

  const ask = (stream: boolean, meter: UsageMeter, given: Given = { account, request }) => {
    const { account: asked, request: sent } = given;
    open.mockResolvedValue({ status: 200, headers: stream ? SSE : { 'content-type': 'application/json' }, body });
    const upstream = { open } as unknown as UpstreamClient;
    const sut = new AccountAttempt(upstream, ledger, new AttemptTranslation(noTransformers()), testConfig());
    const selection = { account: asked, sticky: false, strayed: false, recovering: false, slot: null };
    const job = testRetryJob({ request: { ...sent, stream }, endpoint: RESPONSES });
    return sut.run({ ...job, selection, account: asked, adapter: openAi, meter });
  };

  it('shows the client its own name from the first event to the last, and the meter that of the upstream', async () => {
    const metered: string[] = [];
    const meter = { ...noMeter(), onEvent: ({ data }: { data: string }) => void metered.push(data) };
    const sent = Buffer.from(created('vendor-gpt') + delta + completed('vendor-gpt'));
    for (let at = 0; at < sent.length; at += 50) body.push(sent.subarray(at, at + 50));
    body.end();
    const answer = await ask(true, meter);
    if (answer.kind !== 'stream') throw new Error(`Not a stream: ${answer.kind}`);
    expect(answer.held.toString()).toBe(created('gpt-5') + delta);
    expect(answer.headers).toEqual({ ...SSE, 'openai-model': 'gpt-5' });
    const rest: Buffer[] = [];
    for (let chunk = await answer.rest.body.read(); chunk !== null; chunk = await answer.rest.body.read()) {
      rest.push(chunk);
    }
    expect(Buffer.concat(rest).toString()).toBe(completed('gpt-5'));
    expect(metered.map((data) => data.includes('"model":"vendor-gpt"'))).toEqual([true, false, true]);
  });

  it.each<[string, Given, string]>([
    ['by a change alone', { account: testAccount(), request: { ...request, askedModel: 'mini' } }, 'mini'],
    ['by both', { account, request: { ...request, askedModel: 'mini' } }, 'mini'],
    ['by neither', { account: testAccount(), request }, 'vendor-gpt'],
    ['back by the map', { account, request: { ...request, askedModel: 'vendor-gpt' } }, 'vendor-gpt'],
  ])('shows the name that was asked for where it differs %s', async (_, given, shown) => {
    body.push(Buffer.from(created('vendor-gpt') + delta));
    const answer = await ask(true, noMeter(), given);
    if (answer.kind !== 'stream') throw new Error(`Not a stream: ${answer.kind}`);
    expect(answer.held.toString()).toBe(created(shown) + delta);
    expect(answer.headers['openai-model']).toBe(shown);
    // What nobody has renamed is never touched.
    expect(answer.rest.body === body).toBe(shown === 'vendor-gpt');
    body = newBody();
    whole('{"output":[],"model":"vendor-gpt"}');
    expect(await ask(false, noMeter(), given)).toMatchObject({
      body: Buffer.from(`{"output":[],"model":"${shown}"}`),
    });
  });

  it('shows it in a whole answer', async () => {
    whole('{"object":"response", "output":["vendor-gpt"], "model" : "vendor-gpt"}');
    expect(await ask(false, noMeter())).toMatchObject({
      kind: 'whole',
      body: Buffer.from('{"object":"response", "output":["vendor-gpt"], "model" : "gpt-5"}'),
    });
  });

  it.each([true, false])(
    'shows it in a chat that the upstream answers itself, with its usage or without (%s)',
    async (asks) => {
      const text = `{"model":"other","messages":[],"stream_options":{"include_usage":${String(asks)}}}`;
      const chat = testRelayRequest({
        ...{ protocol: 'openai', endpoint: 'chat_completions', askedEndpoint: 'chat_completions' },
        ...{ model: 'other', askedModel: 'mini', stream: true, body: Buffer.from(text) },
      });
      const native = testAccount({ platform: 'codex', providerEndpoint: 'auto' });
      const chunk = (model: string): string =>
        `data: {"object":"chat.completion.chunk","model":"${model}","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n`;
      const usage =
        'data: {"object":"chat.completion.chunk","model":"other","choices":[],"usage":{"prompt_tokens":1}}\n\n';
      body.push(Buffer.from(usage + chunk('other')));
      open.mockResolvedValue({ status: 200, headers: SSE, body });
      const upstream = { open } as unknown as UpstreamClient;
      const sut = new AccountAttempt(upstream, ledger, new AttemptTranslation(noTransformers()), testConfig());
      const selection = { account: native, sticky: false, strayed: false, recovering: false, slot: null };
      const job = testRetryJob({ request: chat, endpoint: CHAT_COMPLETIONS });
      const answer = await sut.run({ ...job, selection, account: native, adapter: openAi, meter: noMeter() });
      if (answer.kind !== 'stream') throw new Error(`Not a stream: ${answer.kind}`);
      expect(answer.held.toString()).toBe((asks ? usage.replace('other', 'mini') : '') + chunk('mini'));
    },
  );
});
