import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type Answer, call, eventsOf, PLAIN, STREAM } from './raw-call.ts';
import { startSimulator, type Simulator } from './simulator.ts';

describe('upstream simulator', () => {
  let sut: Simulator;

  beforeAll(async () => {
    sut = await startSimulator();
  });
  afterAll(async () => {
    await sut.close();
  });
  beforeEach(() => {
    sut.reset();
  });

  const messages = (body: unknown = PLAIN, key = 'A', headers = {}): Promise<Answer> =>
    call(`${sut.url}/api/v1/messages?beta=true`, key, body, 'POST', headers).answer;
  const responses = (body: unknown = PLAIN, key = 'A'): Promise<Answer> =>
    call(`${sut.url}/openai/responses`, key, body).answer;

  describe('good answers', () => {
    it('answers a message with the model that was asked for and logs exactly the usage it reported', async () => {
      sut.script('A', [{ text: 'four', usage: { inputTokens: 10, ephemeral5mTokens: 20, ephemeral1hTokens: 30 } }]);
      const answer = await messages();
      const body = JSON.parse(answer.text) as { model: string; usage: unknown };
      expect(body.model).toBe('claude-sonnet-4-5');
      expect(body.usage).toEqual({
        input_tokens: 10,
        cache_creation_input_tokens: 50,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
        output_tokens: 1,
        service_tier: 'standard',
      });
      await sut.settled('A', 1);
      expect(sut.usage('A')).toEqual({
        inputTokens: 10,
        outputTokens: 1,
        cacheCreateTokens: 50,
        cacheReadTokens: 0,
        ephemeral5mTokens: 20,
        ephemeral1hTokens: 30,
        hasCacheSplit: true,
      });
    });

    it('streams a message whose deltas make up the text', async () => {
      sut.script('A', [{ text: 'grüße \u{1F44B} and more', deltaChars: 3, pings: 2 }]);
      const answer = await messages(STREAM);
      const events = eventsOf(answer.text);
      expect(answer.headers['content-type']).toContain('text/event-stream');
      expect(events.slice(0, 4).map((each) => each.event)).toEqual([
        'message_start',
        'ping',
        'ping',
        'content_block_start',
      ]);
      expect(events.slice(-3).map((each) => each.event)).toEqual([
        'content_block_stop',
        'message_delta',
        'message_stop',
      ]);
      const text = events.map((each) => (each.data['delta'] as { text?: string } | undefined)?.text ?? '').join('');
      expect(text).toBe('grüße \u{1F44B} and more');
      expect(sut.requests('A')[0]).toMatchObject({ outcome: 'finished', events: events.length, usageStage: 'final' });
    });

    it('sends thinking and tool use as blocks of their own', async () => {
      const blocks = [
        { type: 'thinking', thinking: 'let me see', signature: 'sig' },
        { type: 'tool_use', name: 'read', input: { path: '/tmp/a' } },
      ] as const;
      sut.setDefault('A', { blocks });
      const events = eventsOf((await messages(STREAM)).text);
      const deltas = events.map((each) => (each.data['delta'] as { type?: string } | undefined)?.type);
      expect(deltas).toEqual(expect.arrayContaining(['thinking_delta', 'signature_delta', 'input_json_delta']));
      const whole = JSON.parse((await messages()).text) as { content: unknown[]; stop_reason: string };
      expect(whole.content).toMatchObject(blocks);
      expect(whole.stop_reason).toBe('tool_use');
    });

    it('counts tokens, lists models in both forms and says hello', async () => {
      const count = await call(`${sut.url}/v1/messages/count_tokens`, 'A', { a: 'bcd' }).answer;
      expect(JSON.parse(count.text)).toEqual({ input_tokens: 3 });
      const get = async (path: string, headers = {}): Promise<unknown> =>
        JSON.parse((await call(sut.url + path, 'A', '', 'GET', headers).answer).text);
      expect(await get('/v1/models')).toMatchObject({ object: 'list' });
      expect(await get('/v1/models/gpt-5.5')).toMatchObject({ object: 'model' });
      expect(await get('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({ has_more: false });
      expect(await get('/v1/models/none')).toMatchObject({ error: { type: 'not_found_error' } });
      expect(await get('/api/hello')).toEqual({ message: 'hello' });
      expect(await get('/nowhere')).toMatchObject({ error: { type: 'not_found_error' } });
    });

    it('compresses, uses CR LF and cuts its writes anywhere without changing what is said', async () => {
      sut.script('A', [{ text: 'été' }, { text: 'été', gzip: true }, { text: 'été', crlf: true, pieceBytes: 7 }]);
      const named = (text: string): string[] => eventsOf(text).map((each) => each.event);
      const plain = await messages(STREAM);
      const packed = await messages(STREAM);
      const split = await messages(STREAM);
      expect(packed.headers['content-encoding']).toBe('gzip');
      expect(named(gunzipSync(packed.body).toString())).toEqual(named(plain.text));
      expect(split.text).toContain('\r\n\r\n');
      expect(split.text).toContain('été');
      expect(named(split.text)).toEqual(named(plain.text));
    });

    it('sends the events that a script gives, byte for byte', async () => {
      sut.script('A', [{ events: [': note\n\n', { event: 'x', data: '1' }, { data: '2', delayMs: 1 }] }]);
      expect((await messages(STREAM)).text).toBe(': note\n\nevent: x\ndata: 1\n\ndata: 2\n\n');
    });

    it('reports cache figures for a body that speaks of caching', async () => {
      const body = {
        ...PLAIN,
        system: [{ type: 'text', text: 'x'.repeat(400), cache_control: { type: 'ephemeral' } }],
      };
      await messages(body);
      await messages({ ...body, extra: { cache_control: { ttl: '1h' } } });
      const [five, hour] = sut.requests('A').map((entry) => entry.usage);
      expect(five?.ephemeral5mTokens).toBeGreaterThan(0);
      expect(five?.ephemeral1hTokens).toBe(0);
      expect(hour?.ephemeral1hTokens).toBeGreaterThan(0);
      expect(five?.cacheReadTokens).toBeGreaterThan(0);
    });
  });

  describe('scripts', () => {
    it('uses one step per request, then the default', async () => {
      sut.script('A', ['overloaded', { preset: 'rate_limited', times: 2 }]);
      sut.setDefault('A', 'unauthorized');
      const statuses: number[] = [];
      for (let n = 0; n < 5; n += 1) statuses.push((await messages()).status);
      expect(statuses).toEqual([529, 429, 429, 401, 401]);
    });

    it('leaves a step to the endpoint it is for', async () => {
      sut.script('A', [{ preset: 'overloaded', for: 'count_tokens' }, 'bad_request']);
      expect((await messages()).status).toBe(400);
      expect((await call(`${sut.url}/v1/messages/count_tokens`, 'A', PLAIN).answer).status).toBe(529);
    });

    it('keeps keys apart, and lets * speak for those without a script', async () => {
      sut.script('A', ['ok']);
      sut.setDefault('*', 'server_error');
      const bearer = await call(`${sut.url}/v1/messages`, '', PLAIN, 'POST', { authorization: 'Bearer B' }).answer;
      expect([(await messages()).status, bearer.status]).toEqual([200, 500]);
      expect(sut.log.map((entry) => entry.key)).toEqual(['B', 'A']);
    });

    it('refuses a preset that does not exist', () => {
      expect(() => {
        sut.script('A', ['nonsense']);
      }).toThrow('no preset "nonsense"');
    });

    it('writes an error in the words of the endpoint', async () => {
      sut.setDefault('A', { error: { type: 'rate_limit_error', message: 'wait', code: 'slow' } });
      expect(JSON.parse((await messages()).text)).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
      expect(JSON.parse((await responses()).text)).toMatchObject({ error: { code: 'slow', message: 'wait' } });
    });

    it('gives headers and bodies as the script has them', async () => {
      sut.setDefault('A', { status: 418, headers: { 'set-cookie': 'a=b', 'content-type': 'text/x' }, body: 'raw' });
      const answer = await messages();
      expect([answer.status, answer.headers['set-cookie'], answer.text]).toEqual([418, ['a=b'], 'raw']);
    });
  });

  it('holds an answer until it is released', async () => {
    sut.script('A', [{ holdAfterEvents: -1 }, { holdAfterEvents: 2 }]);
    for (const events of [0, 2]) {
      const answer = messages(STREAM);
      await sut.held('A');
      expect(sut.log.at(-1)).toMatchObject({ outcome: 'open', events });
      sut.release('A');
      expect((await answer).text).toContain('message_stop');
    }
  });

  it('knows how many requests were open at the same time', async () => {
    sut.setDefault('A', { holdAfterEvents: -1 });
    const answers = [messages(), messages()];
    await sut.held('A', 2);
    sut.release('A');
    await Promise.all(answers);
    sut.setDefault('A', null);
    await messages();
    expect(sut.peak('A')).toBe(2);
    sut.reset();
    expect(sut.peak('A')).toBe(0);
  });

  it('notes a client that leaves while its answer is held', async () => {
    sut.script('A', [{ holdAfterEvents: 1 }]);
    const { request, answer } = call(`${sut.url}/v1/messages`, 'A', STREAM);
    await sut.held('A');
    request.destroy();
    await answer;
    await sut.settled('A', 1);
    expect(sut.requests('A')[0]?.outcome).toBe('client_abort');
  });

  it('waits before the head and between events', async () => {
    sut.script('A', [{ delayMs: 30, eventDelayMs: 3, text: 'x' }]);
    await messages(STREAM);
    await sut.settled('A', 1);
    expect(sut.requests('A')[0]?.ms).toBeGreaterThanOrEqual(30 + 3 * 5);
  });

  it('says what it waited for in vain', async () => {
    await expect(sut.arrived('A', 1, 10)).rejects.toThrow('waited 10 ms in vain for request 1 of A');
  });

  it('logs the request as it was sent', async () => {
    await messages(PLAIN, 'A', { 'X-Odd-Case': '1' });
    const [entry] = sut.requests('A');
    const text = JSON.stringify(PLAIN);
    expect(entry).toMatchObject({
      method: 'POST',
      url: '/api/v1/messages?beta=true',
      endpoint: 'messages',
      bodyBytes: text.length,
      bodySha256: createHash('sha256').update(text).digest('hex'),
    });
    expect(entry?.rawHeaders).toEqual(expect.arrayContaining(['X-Odd-Case', '1']));
    expect(entry?.body.toString()).toBe(text);
  });

  it('survives a body that is no JSON', async () => {
    expect((await call(`${sut.url}/v1/messages`, 'A', '{"model":').answer).status).toBe(200);
  });

  describe('control over HTTP', () => {
    const control = (orders: unknown): Promise<Answer> => call(`${sut.url}/__control`, '', orders).answer;
    const readLog = async (query = ''): Promise<Record<string, unknown>> =>
      JSON.parse((await call(`${sut.url}/__log${query}`, '', '', 'GET').answer).text) as Record<string, unknown>;

    it('takes scripts, releases and resets from another process, and shows the log', async () => {
      await control([
        { key: 'A', script: [{ holdAfterEvents: -1, usage: { inputTokens: 9 } }], default: 'overloaded' },
        { key: 'B', default: 'html' },
      ]);
      const held = messages();
      await sut.held('A');
      await control({ key: 'A', release: true });
      expect((await held).status).toBe(200);
      expect((await messages()).status).toBe(529);
      expect((await messages(PLAIN, 'B')).headers['content-type']).toContain('text/html');
      expect(await readLog('?key=A&bodies')).toMatchObject({
        count: 2,
        entries: [{ body: JSON.stringify(PLAIN), outcome: 'finished' }, { status: 529 }],
        usage: { inputTokens: 9 },
      });
      await control({ reset: true });
      expect(await readLog()).toEqual({ count: 0, entries: [] });
    });

    it('clears the log, and refuses what it does not know', async () => {
      await messages();
      await call(`${sut.url}/__log`, '', '', 'DELETE').answer;
      expect(sut.log).toHaveLength(0);
      expect((await call(`${sut.url}/__nothing`, '', '', 'GET').answer).status).toBe(404);
      expect((await control({ key: 'A', script: ['nonsense'] })).status).toBe(400);
    });
  });
});
