import { NO_TOKENS, type WastedAttempt } from '@crs/extension-api';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { noTransformers } from '../../../test/support/no-transformers.ts';
import { testAccount } from '../../../test/support/test-account.ts';
import { MemoryJournal } from '../../../test/support/memory-journal.ts';
import { TestClock } from '../../../test/support/test-clock.ts';
import { testConfig } from '../../../test/support/test-config.ts';
import { testRelayRequest } from '../../../test/support/test-relay-request.ts';
import { testRetryJob } from '../../../test/support/test-retry-job.ts';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import { UpstreamBody } from '../../core/egress/upstream-body.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { ClaudeConsolePlatform } from '../../platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../platforms/codex/codex.platform.js';
import type { Endpoint } from '../endpoint.js';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from '../endpoints.js';
import { RelayLedger } from '../relay-ledger.js';
import type { UpstreamClient } from '../upstream/upstream-client.js';
import { AccountAttempt } from './account-attempt.js';
import { AttemptFailedError, ClientGoneError } from './attempt-failed.error.js';
import { AttemptTranslation } from './attempt-translation.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const adapter = new ClaudeConsolePlatform().relay;
const openAi = new CodexPlatform().relay;

interface Case {
  readonly status?: number;
  readonly contentType?: string;
  readonly stream?: boolean;
  readonly endpoint?: Endpoint;
}

describe('AccountAttempt', () => {
  const open = jest.fn<UpstreamClient['open']>();
  const aborted = jest.fn<(reason: Error) => void>();
  const platforms = { get: () => new ClaudeConsolePlatform() } as unknown as PlatformRegistry;
  let body: UpstreamBody;
  let journal: MemoryJournal;
  let ledger: RelayLedger;
  let waste: WastedAttempt[];

  beforeEach(() => {
    jest.clearAllMocks();
    journal = new MemoryJournal();
    ledger = new RelayLedger(journal, platforms, new TestClock(9_000));
    waste = [];
    body = new UpstreamBody({ pause: () => undefined, resume: () => undefined, abort: aborted });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const run = ({ status = 200, contentType = 'application/json', stream = false, endpoint = MESSAGES }: Case) => {
    const response: IncomingResponse = { status, headers: { 'content-type': contentType }, body };
    open.mockResolvedValue(response);
    const upstream = { open } as unknown as UpstreamClient;
    const sut = new AccountAttempt(upstream, ledger, new AttemptTranslation(noTransformers()), testConfig());
    const request = testRelayRequest({ stream, endpoint: endpoint.name });
    const job = testRetryJob({ request, endpoint, waste });
    const account = testAccount();
    const selection = { account, sticky: false, strayed: false, recovering: false, slot: null };
    const asked = endpoint.protocol.name === 'openai' ? openAi : adapter;
    return sut.run({ ...job, selection, account, adapter: asked, meter: asked.createUsageMeter() });
  };

  const failureOf = async (given: Case): Promise<AttemptFailedError> => {
    const reason: unknown = await run(given).catch((error: unknown) => error);
    if (!(reason instanceof AttemptFailedError)) throw new Error(`Not a failed attempt: ${String(reason)}`);
    return reason;
  };

  const whole = (text: string): void => {
    body.push(Buffer.from(text));
    body.end();
  };

  it.each([
    ['an overload', { status: 529 }, { kind: 'status', status: 529 }],
    ['a page in the place of a stream', { stream: true, contentType: 'text/html' }, { kind: 'malformed' }],
  ])('waits three seconds for the words of %s, however steadily they drip', async (_, given, expected) => {
    jest.useFakeTimers();
    const settled = jest.fn();
    const failure = failureOf(given).then((error) => {
      settled();
      return error;
    });
    for (const at of [1000, 2000]) {
      await jest.advanceTimersByTimeAsync(1000);
      body.push(Buffer.from(`drop ${String(at)} `));
    }
    expect(settled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1000);
    expect((await failure).failure).toMatchObject({ ...expected, text: 'drop 1000 drop 2000 ' });
    expect(aborted).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an overload', { status: 529 }],
    ['a rate limit', { status: 429 }],
    ['a page in the place of a stream', { stream: true, contentType: 'text/html' }],
  ])('reads no more of %s than it judges', async (_, given) => {
    body.push(Buffer.alloc(16 * KIB, 'a'));
    body.push(Buffer.from('b'));
    const { failure, answer } = await failureOf(given);
    expect(failure).toMatchObject({ text: 'a'.repeat(16 * KIB) });
    expect(answer).toBeNull();
    expect(aborted).toHaveBeenCalledTimes(1);
  });

  it('keeps a refusal for the client whole up to one MiB', async () => {
    whole('a'.repeat(MIB));
    const { failure, answer } = await failureOf({ status: 400 });
    expect(failure).toMatchObject({ kind: 'status', status: 400 });
    expect(answer?.body).toHaveLength(MIB);
  });

  it('takes a refusal beyond it for a fault of the upstream', async () => {
    body.push(Buffer.alloc(MIB, 'a'));
    body.push(Buffer.from('b'));
    expect((await failureOf({ status: 400 })).failure).toMatchObject({ kind: 'transport', reason: 'garbage' });
    expect(aborted).toHaveBeenCalledTimes(1);
  });

  it('does not pass on a refusal that came in part', async () => {
    body.push(Buffer.from('{"type":"err'));
    body.fail(new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' }));
    expect((await failureOf({ status: 400 })).failure).toMatchObject({ kind: 'transport', reason: 'reset' });
  });

  it.each([
    ['a message', MESSAGES, '{"type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":1}}'],
    ['a message without its type', MESSAGES, '{"content":[{"type":"text","text":"x"}],"error":null}'],
    ['a count', COUNT_TOKENS, '{"input_tokens":7}'],
    ['a response', RESPONSES, '{"object":"response","status":"completed","error":null,"output":[]}'],
    ['a thread made short', COMPACT, '{"object":"response.compaction","output":[]}'],
  ])('answers with %s', async (_, endpoint, text) => {
    whole(text);
    expect(await run({ endpoint })).toMatchObject({ kind: 'whole', status: 200, body: Buffer.from(text) });
  });

  it.each([
    ['an error in words of its own', MESSAGES, '{"code":500,"msg":"server busy"}', 'error_body'],
    ['an empty object', MESSAGES, '{}', 'error_body'],
    ['a refusal in words of its own', MESSAGES, '{"detail":"Unauthorized"}', 'error_body'],
    ['an error', MESSAGES, '{"type":"error","error":{"type":"api_error","message":"x"}}', 'error_body'],
    ['an answer with an error', MESSAGES, '{"type":"message","content":[],"error":"x"}', 'error_body'],
    ['a list', MESSAGES, '[]', 'error_body'],
    ['null', MESSAGES, 'null', 'error_body'],
    ['a count in the place of a message', MESSAGES, '{"input_tokens":7}', 'error_body'],
    ['a message in the place of a count', COUNT_TOKENS, '{"type":"message","content":[]}', 'error_body'],
    ['a count that is none', COUNT_TOKENS, '{"input_tokens":"7"}', 'error_body'],
    ['a failed response', RESPONSES, '{"status":"failed","error":{"code":"server_error"},"output":[]}', 'error_body'],
    ['broken JSON', MESSAGES, '{"type":"message","content":[nothing]}', 'not_json'],
    ['white space', MESSAGES, ' \n', 'empty'],
  ])('takes %s with status 200 for a failed attempt', async (_, endpoint, text, reason) => {
    whole(text);
    expect((await failureOf({ endpoint })).failure).toEqual({ kind: 'malformed', reason, text });
  });

  it.each([201, 202, 204, 206, 302, 600])('takes no other status for an answer: %d', async (status) => {
    whole('{"type":"message","content":[]}');
    expect((await failureOf({ status })).failure).toMatchObject({ kind: 'status', status });
  });

  it.each([
    ['leaves a message that is paid for its time', MESSAGES, null],
    ['expects the head of a count soon', COUNT_TOKENS, testConfig().relay.firstByteTimeoutMs],
  ])('%s', async (_, endpoint, headMs) => {
    whole(endpoint === MESSAGES ? '{"type":"message"}' : '{"input_tokens":7}');
    await run({ endpoint });
    expect(open.mock.calls[0]?.[2].headMs).toBe(headMs);
  });

  describe('in the books', () => {
    const START =
      'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":7}}}\n\n';
    const TEXT = 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"x"}}\n\n';
    const ERROR = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';
    const SSE = { stream: true, contentType: 'text/event-stream' };
    const [dispatched, inputKnown] = ['dispatched', 'inputKnown'].map((note) => `${note} ${testRelayRequest().id}`);

    it('is noted before it is sent', async () => {
      let notesWhenSent: readonly string[] = [];
      open.mockImplementationOnce(() => {
        notesWhenSent = [...journal.notes];
        return Promise.reject(new AttemptFailedError({ kind: 'transport', reason: 'connect', detail: '' }));
      });
      await expect(run({})).rejects.toBeInstanceOf(AttemptFailedError);
      expect(notesWhenSent).toEqual([dispatched]);
      expect(waste).toEqual([]);
    });

    it('is noted again, once, when a stream has told its input', async () => {
      body.push(Buffer.from(START + TEXT + START));
      await run(SSE);
      expect(journal.notes).toEqual([dispatched, inputKnown]);
      expect(journal.inputs.get(testRelayRequest().id)?.usage).toEqual({ ...NO_TOKENS, inputTokens: 7 });
      expect(waste).toEqual([]);
    });

    it.each<[string, (stream: UpstreamBody) => void]>([
      [
        'an error event',
        (stream) => {
          stream.push(Buffer.from(ERROR));
        },
      ],
      [
        'its end',
        (stream) => {
          stream.end();
        },
      ],
      [
        'a cut',
        (stream) => {
          stream.fail(new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' }));
        },
      ],
    ])('is waste where a stream has told its input and fails by %s', async (_, fail) => {
      body.push(Buffer.from(START));
      fail(body);
      await failureOf(SSE);
      expect(waste).toEqual([
        expect.objectContaining({ model: 'm', usage: { ...NO_TOKENS, inputTokens: 7 }, at: new Date(9_000) }),
      ]);
    });

    it.each([
      ['has told no figure', '', () => new AttemptFailedError({ kind: 'transport', reason: 'reset', detail: '' })],
      ['is not wanted any more', START, () => new ClientGoneError()],
    ])('is no waste where a stream %s', async (_, sent, reason) => {
      body.push(Buffer.from(sent));
      body.fail(reason());
      await expect(run(SSE)).rejects.toThrow();
      expect(waste).toEqual([]);
    });
  });
});
