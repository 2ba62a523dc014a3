import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { told, type Told } from '../support/account-test-events.ts';
import { startSocksProxy } from '../support/proxies.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import type { StepLike } from '../support/simulator/step.ts';
import { TestApp } from '../support/test-app.ts';

const SECRET = 'sk-ant-a-secret-of-the-upstream-0001';
const CONSOLE = '/accounts/claude-console';

describe('the test of an account', () => {
  let simulator: Simulator;
  let app: TestApp;
  let id: string;

  const run = async (account = id, body?: object): Promise<Told> =>
    told(await app.api('POST', `${CONSOLE}/${account}/test`, body));

  const failing = async (step: StepLike): Promise<Told['end']> => {
    simulator.script(SECRET, [step, step]);
    const { end, names } = await run();
    expect(names.at(-1)).toBe('test_error');
    return end;
  };

  const expectUntouched = async (account = id): Promise<void> => {
    const { body } = await app.api('GET', `${CONSOLE}/${account}`);
    expect(body).toMatchObject({ lastUsedAt: null, rateLimitedAt: null });
    const availability = await app.api('GET', `${CONSOLE}/${account}/availability`);
    expect(availability.body).toMatchObject({ available: true });
  };

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    id = await app.account(`${simulator.url}/some/path`, SECRET);
  });
  beforeEach(() => {
    simulator.reset();
  });
  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  describe('that succeeds', () => {
    it('tells what was sent where, the answer as it comes, and what it cost', async () => {
      simulator.script(SECRET, [{ text: 'Hello there!', deltaChars: 4, usage: { inputTokens: 14, outputTokens: 6 } }]);
      const { names, start, text, end } = await run();
      expect(names).toEqual(['test_start', 'connected', 'test_complete']);
      expect(start).toEqual({
        platform: 'claude-console',
        accountId: id,
        model: 'claude-haiku-4-5',
        upstreamModel: 'claude-haiku-4-5',
        url: simulator.url,
        proxy: null,
      });
      expect(text).toBe('Hello there!');
      expect(end).toMatchObject({
        ok: true,
        status: 200,
        model: 'claude-haiku-4-5',
        usage: { inputTokens: 14, outputTokens: 6, cacheCreateTokens: 0, cacheReadTokens: 0 },
      });
      expect(end.firstContentMs).toBeLessThanOrEqual(end.ms);
      await expectUntouched();
    });

    it('sends one small streaming request, as a client would', async () => {
      await run();
      const [sent, ...more] = simulator.requests(SECRET);
      expect([more, sent?.method, sent?.url]).toEqual([[], 'POST', '/some/path/v1/messages']);
      expect(sent?.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'content-type': 'application/json' });
      expect(sent?.headers['user-agent']).toContain('claude-cli/');
      expect(JSON.parse(String(sent?.body))).toMatchObject({ model: 'claude-haiku-4-5', stream: true });
      expect(sent?.bodyBytes).toBeLessThan(300);
    });

    it('lets the upstream bring its answer to the end', async () => {
      await run();
      await simulator.settled(SECRET, 1);
      expect(simulator.requests(SECRET)[0]?.outcome).toBe('finished');
    });

    it('asks for the first model that the account maps, under the name of the upstream', async () => {
      const supportedModels = { 'claude-opus-4-1': 'vendor-opus', 'claude-haiku-4-5': 'vendor-haiku' };
      const mapped = await app.account(simulator.url, 'up-mapped', { supportedModels });
      const { start, end } = await run(mapped);
      expect(start).toMatchObject({ model: 'claude-opus-4-1', upstreamModel: 'vendor-opus' });
      expect(JSON.parse(String(simulator.requests('up-mapped')[0]?.body)).model).toBe('vendor-opus');
      expect(end.model).toBe('vendor-opus');
      await run(mapped, { model: 'claude-haiku-4-5' });
      expect(JSON.parse(String(simulator.requests('up-mapped')[1]?.body)).model).toBe('vendor-haiku');
      expect((await run(mapped, { model: 'other' })).start).toMatchObject({ model: 'other', upstreamModel: 'other' });
    });

    it('works for an account that is switched off, and leaves it so', async () => {
      const off = await app.account(simulator.url, 'up-off', { isActive: false, schedulable: false });
      expect((await run(off)).end).toMatchObject({ ok: true });
      expect((await app.api('GET', `${CONSOLE}/${off}`)).body).toMatchObject({ isActive: false, schedulable: false });
    });

    it('does not end a mark', async () => {
      const marked = await app.account(simulator.url, 'up-marked', { accountType: 'dedicated' });
      const { key } = await app.key({ claudeConsoleAccountId: marked });
      simulator.script('up-marked', ['overloaded']);
      const question = { model: 'claude-haiku-4-5', max_tokens: 1, messages: [] };
      await app.call('POST', '/api/v1/messages', question, { 'x-api-key': key });
      expect((await run(marked)).end).toMatchObject({ ok: true });
      const { body } = await app.api('GET', `${CONSOLE}/${marked}/availability`);
      expect(body).toMatchObject({ available: false, reasons: ['cooling_down'] });
    });

    it('goes through the proxy of the account', async () => {
      const proxy = await startSocksProxy('user:pass-word');
      try {
        const settings = {
          type: 'socks5',
          host: '127.0.0.1',
          port: proxy.port,
          username: 'user',
          password: 'pass-word',
        };
        const proxied = await app.account(simulator.url, 'up-proxied', { proxy: settings });
        const answer = await app.api('POST', `${CONSOLE}/${proxied}/test`);
        expect(told(answer)).toMatchObject({
          start: { proxy: { type: 'socks5', host: '127.0.0.1' } },
          end: { ok: true },
        });
        expect(proxy.tunnels).toHaveLength(1);
        expect(String(answer.body)).not.toContain('pass-word');
        await proxy.close();
        expect((await run(proxied)).end).toMatchObject({
          stage: 'connect',
          message: expect.stringContaining('The proxy refused the connection'),
        });
      } finally {
        await proxy.close();
      }
    });

    it('never tells the secret, though the upstream writes it into its answer', async () => {
      simulator.script(SECRET, [{ text: `Your key is ${SECRET}, isn't it?`, deltaChars: 5 }]);
      const { text } = await run();
      expect(text).toBe("Your key is [redacted], isn't it?");
    });
  });

  describe('that fails', () => {
    afterEach(async () => {
      await expectUntouched();
    });

    it('tells the words of a refusal without the secret, and which mark a client would cause', async () => {
      const error = { type: 'authentication_error', message: `invalid key ${SECRET}` };
      const end = await failing({ status: 401, error });
      expect(end).toMatchObject({ ok: false, stage: 'status', status: 401, message: 'invalid key [redacted]' });
      expect(end.mark).toBe('auth_error');
      expect(end.verdict).toMatch(/go on to another account; this one would be marked auth_error .* 1800 s\.$/);
    });

    it('tells until when a rate limit would keep the account out', async () => {
      expect(await failing('rate_limited')).toMatchObject({
        stage: 'status',
        status: 429,
        message: 'Too many requests for this account',
        mark: 'rate_limit',
        verdict: expect.stringMatching(/rate_limit and left out for 30 s\.$/),
      });
    });

    it('tells that what only the client can mend marks nothing', async () => {
      expect(await failing('bad_request')).toMatchObject({
        status: 400,
        message: 'max_tokens: must be at least 1',
        mark: null,
        verdict: 'A client would get this answer as it is; the account would not be marked.',
      });
    });

    it.each([
      ['a page instead of a stream', 'html', 'stream', 'Sign in A proxy answered.', 'connection'],
      ['a page with an error status', 'bad_gateway', 'status', 'Sign in A proxy answered.', 'server_error'],
      ['an error body instead of a stream', 'error_body', 'stream', 'Something went wrong', 'server_error'],
      ['nothing', 'empty', 'empty', 'empty answer', 'connection'],
      ['an error event', 'early_error', 'stream', 'Overloaded', 'overload'],
      ['an event stream of something else', 'garbage_body', 'stream', 'these bytes are no answer', 'connection'],
      [
        'a stream that ends before any text',
        { fail: { how: 'truncate', afterEvents: 1 } },
        'stream',
        'too early',
        'connection',
      ],
    ] as const)('tells about %s', async (_name, step, stage, words, mark) => {
      const end = await failing(step);
      expect(end).toMatchObject({ stage, mark, message: expect.stringContaining(words) });
      expect(end.message).not.toContain('<');
      expect(end.verdict).toContain('go on to another account');
    });

    it('tells a connection that breaks before the answer from one that was only stale', async () => {
      const end = await failing('reset');
      expect(end).toMatchObject({ stage: 'connect', mark: 'connection' });
      expect(end).not.toHaveProperty('status');
      expect(simulator.requests(SECRET)).toHaveLength(2);
    });

    it('tells that nobody listens', async () => {
      const gone = await startSimulator();
      await gone.close();
      const nowhere = await app.account(gone.url, 'up-nowhere');
      const { end, names } = await run(nowhere);
      expect(names).toEqual(['test_start', 'test_error']);
      expect(end).toMatchObject({ stage: 'connect', message: expect.stringContaining('refused the connection') });
      expect(end).not.toHaveProperty('status');
    });

    it.each(['mid_reset', 'mid_cut', 'mid_truncate', 'mid_error'])(
      'tells of an answer that breaks off: %s',
      async (step) => {
        const end = await failing(step);
        expect(end).toMatchObject({ stage: 'stream', status: 200, verdict: expect.stringContaining('break off') });
      },
    );

    it('takes an answer without text for a failure that a client would not see', async () => {
      expect(await failing({ text: '' })).toMatchObject({ stage: 'empty', status: 200, mark: null, verdict: null });
    });

    it('stops reading an upstream that does not end', async () => {
      expect(await failing({ textBytes: 80 * 1024, deltaChars: 1024 })).toMatchObject({
        stage: 'stream',
        message: expect.stringContaining('max_tokens'),
        mark: null,
      });
    });

    it('tells that an account without automatic marks gets none', async () => {
      const free = await app.account(simulator.url, 'up-free', { disableAutoProtection: true });
      simulator.script('up-free', ['overloaded']);
      const { end } = await run(free);
      expect(end).toMatchObject({ mark: null, verdict: expect.stringContaining('disableAutoProtection') });
    });
  });

  describe('that cannot begin', () => {
    it.each([
      ['an unknown platform', '/accounts/nothing/6f9619ff-8b86-4d01-b42d-00cf4fc964ff/test', 404, 'claude-console'],
      ['an unknown account', `${CONSOLE}/6f9619ff-8b86-4d01-b42d-00cf4fc964ff/test`, 404, 'no claude-console account'],
    ])('is refused for %s', async (_name, path, status, words) => {
      const answer = await app.api('POST', path);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(words)]);
    });

    it.each([
      ['has no key', { apiKey: '' }, 'no key'],
      ['has a key that cannot be opened', { apiKey: `${'0'.repeat(32)}:${'ab'.repeat(16)}` }, 'ENCRYPTION_KEY'],
      ['has a key that fits into no header', { apiKey: 'two words' }, 'characters'],
      ['has an address that is none', { apiUrl: 'console.example' }, 'apiUrl'],
      ['has a proxy that cannot be understood', { proxy: '{"type":"ftp"}' }, 'proxy'],
    ])('is refused for an account that %s', async (_name, fields, words) => {
      const broken = await app.account(simulator.url, 'up-broken');
      await app.app.get<StoreClient>(STORE_CLIENT).hset(`claude_console_account:${broken}`, fields);
      const { status, body } = await app.api('POST', `${CONSOLE}/${broken}/test`);
      expect([status, body.detail]).toEqual([409, expect.stringContaining(words)]);
      expect(simulator.requests('up-broken')).toEqual([]);
    });

    it.each([
      [{ modle: 'a' }, 'modle'],
      [{ model: '' }, 'model'],
      [{ model: 7 }, 'model'],
      [{ model: 'a\nb' }, 'model'],
    ])('refuses %j by name', async (body, field) => {
      const answer = await app.api('POST', `${CONSOLE}/${id}/test`, body);
      expect([answer.status, answer.body.errors]).toEqual([400, [expect.objectContaining({ field })]]);
    });

    it('is only for administrators', async () => {
      const { key } = await app.key();
      for (const headers of [{}, { 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
        expect((await app.call('POST', `/api/v2${CONSOLE}/${id}/test`, undefined, headers)).status).toBe(401);
      }
      expect(simulator.requests(SECRET)).toEqual([]);
    });
  });
});
