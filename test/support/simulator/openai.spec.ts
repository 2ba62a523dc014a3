import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { planHeaders } from './openai-words.ts';
import { type Answer, call, eventsOf } from './raw-call.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import type { SimulatorStep } from './step.ts';

const ASKED = { model: 'gpt-5.5', input: 'hi' };
const STREAM = { ...ASKED, stream: true };

type Fields = Record<string, unknown>;
const jsonOf = ({ text }: Answer): Fields => JSON.parse(text) as Fields;

describe('upstream simulator, in the words of OpenAI', () => {
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

  const post = (path: string, body: unknown, headers = {}): Promise<Answer> =>
    call(sut.url + path, 'A', body, 'POST', headers).answer;
  const responses = (body: unknown = ASKED): Promise<Answer> => post('/openai/responses', body);

  describe('Responses', () => {
    it('answers and streams the same items and figures', async () => {
      const blocks = [
        { type: 'thinking', thinking: 'let me see', signature: 'sealed' },
        { type: 'tool_use', name: 'run', input: { cmd: 'ls' } },
        { type: 'text', text: 'done' },
      ] as const;
      sut.setDefault('A', {
        blocks,
        usage: { inputTokens: 7, cacheReadTokens: 5, cacheCreateTokens: 2, outputTokens: 9 },
      });
      const whole = jsonOf(await responses());
      const events = eventsOf((await responses(STREAM)).text);
      expect(events.slice(0, 2).map(({ event }) => event)).toEqual(['response.created', 'response.in_progress']);
      expect(events.at(-1)?.event).toBe('response.completed');
      const completed = events.at(-1)?.data['response'] as Fields;
      for (const answer of [whole, completed]) {
        expect(answer).toMatchObject({ object: 'response', status: 'completed', model: 'gpt-5.5' });
        expect(answer['output']).toMatchObject([
          { type: 'reasoning', encrypted_content: 'sealed', summary: [{ type: 'summary_text', text: 'let me see' }] },
          { type: 'function_call', name: 'run', arguments: '{"cmd":"ls"}' },
          { type: 'message', content: [{ type: 'output_text', text: 'done' }] },
        ]);
        expect(answer['usage']).toEqual({
          input_tokens: 14,
          input_tokens_details: { cached_tokens: 5, cache_write_tokens: 2 },
          output_tokens: 9,
          output_tokens_details: { reasoning_tokens: 3 },
          total_tokens: 23,
        });
      }
      expect(sut.usage('A')).toMatchObject({ inputTokens: 14, cacheReadTokens: 10, outputTokens: 18 });
    });

    it('numbers its events, and its deltas make up the summary and the text', async () => {
      const blocks = [
        { type: 'thinking', thinking: 'grüße \u{1F44B}', signature: 's' },
        { type: 'text', text: 'und mehr' },
      ] as const;
      sut.setDefault('A', { blocks, deltaChars: 3, pings: 1 });
      const events = eventsOf((await responses(STREAM)).text);
      const joined = (type: string): string =>
        events.flatMap(({ event, data }) => (event === type ? [String(data['delta'])] : [])).join('');
      expect(events.map(({ data }) => data['sequence_number'])).toEqual(events.map((_, index) => index));
      expect(joined('response.reasoning_summary_text.delta')).toBe('grüße \u{1F44B}');
      expect(joined('response.output_text.delta')).toBe('und mehr');
      expect(events[2]?.event).toBe('keepalive');
    });

    it('refuses in a part of its own', async () => {
      sut.setDefault('A', { blocks: [{ type: 'refusal', refusal: 'I will not do that.' }] });
      const events = eventsOf((await responses(STREAM)).text).map(({ event }) => event);
      expect(events).toEqual(expect.arrayContaining(['response.refusal.delta', 'response.refusal.done']));
      expect(jsonOf(await responses())).toMatchObject({ output: [{ content: [{ type: 'refusal' }] }] });
    });

    it('says that an answer was cut short', async () => {
      sut.setDefault('A', { stopReason: 'max_tokens' });
      const cut = {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ status: 'incomplete' }],
      };
      const last = eventsOf((await responses(STREAM)).text).at(-1);
      expect(last).toMatchObject({ event: 'response.incomplete', data: { response: cut } });
      expect(jsonOf(await responses())).toMatchObject(cut);
      expect(sut.requests('A').map(({ usageStage }) => usageStage)).toEqual(['final', 'final']);
    });

    it('names the tier that was asked for or that the script has', async () => {
      expect(jsonOf(await responses({ ...ASKED, service_tier: 'priority' }))).toMatchObject({
        service_tier: 'priority',
      });
      sut.setDefault('A', { serviceTier: 'flex' });
      expect(jsonOf(await responses())).toMatchObject({ service_tier: 'flex' });
    });

    it('reads a quarter of a request with a cache key from its cache', async () => {
      await responses({ ...ASKED, prompt_cache_key: 'thread', padding: 'x'.repeat(400) });
      const usage = sut.requests('A')[0]?.usage;
      expect(usage?.cacheReadTokens).toBeGreaterThan(25);
      expect(usage?.cacheCreateTokens).toBe(0);
    });

    it('compacts a thread as a whole, or as a stream where one is asked for', async () => {
      const whole = jsonOf(await post('/v1/responses/compact', ASKED));
      expect(whole).toMatchObject({ object: 'response.compaction', usage: { output_tokens: expect.any(Number) } });
      expect((whole['output'] as Fields[]).map(({ type }) => type)).toEqual(['message', 'compaction']);
      const events = eventsOf((await post('/responses/compact', STREAM)).text).map(({ event }) => event);
      expect(events.at(-1)).toBe('response.completed');
      expect(sut.requests('A').map(({ endpoint }) => endpoint)).toEqual(['compact', 'compact']);
    });
  });

  describe('chat completions', () => {
    const chat = (body: object): Promise<Answer> => post('/v1/chat/completions', { model: 'gpt-5.5', ...body });
    const chunksOf = ({ text }: Answer): Fields[] =>
      text
        .split('\n\n')
        .filter((line) => line.startsWith('data: {'))
        .map((line) => JSON.parse(line.slice('data: '.length)) as Fields);

    it('answers as a whole with its figures', async () => {
      sut.setDefault('A', { text: 'four', usage: { inputTokens: 3, cacheReadTokens: 2, outputTokens: 1 } });
      expect(jsonOf(await chat({ messages: [] }))).toMatchObject({
        object: 'chat.completion',
        choices: [{ message: { role: 'assistant', content: 'four' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6, prompt_tokens_details: { cached_tokens: 2 } },
      });
    });

    it.each([
      [{}, false],
      [{ stream_options: { include_usage: true } }, true],
    ])('streams, and closes with figures where they are asked for: %j', async (options, hasFigures) => {
      const blocks = [
        { type: 'text', text: 'let me look' },
        { type: 'tool_use', name: 'run', input: { cmd: 'ls' } },
      ] as const;
      sut.setDefault('A', { blocks, deltaChars: 4 });
      const answer = await chat({ stream: true, ...options });
      expect(answer.text).toMatch(/data: \[DONE\]\n\n$/);
      const chunks = chunksOf(answer);
      const choices = chunks.flatMap(({ choices: all }) => all as Fields[]);
      const deltas = choices.map(({ delta }) => delta as { content?: string; tool_calls?: Fields[] });
      expect(deltas.map(({ content }) => content ?? '').join('')).toBe('let me look');
      expect(deltas.some(({ tool_calls }) => tool_calls !== undefined)).toBe(true);
      expect(choices.at(-1)?.['finish_reason']).toBe('tool_calls');
      expect(chunks.some(({ usage }) => typeof usage === 'object' && usage !== null)).toBe(hasFigures);
      expect(sut.requests('A')[0]?.usageStage).toBe(hasFigures ? 'final' : 'none');
    });

    it('writes an error into its stream', async () => {
      sut.setDefault('A', 'mid_error');
      const { text } = await chat({ stream: true });
      expect(text).toContain('data: {"error":{');
      expect(text).not.toContain('[DONE]');
    });
  });

  describe('errors', () => {
    it.each([
      ['bad_request', 400, { type: 'invalid_request_error' }],
      ['unauthorized', 401, { code: 'invalid_api_key' }],
      ['payment', 402, { code: 'insufficient_quota' }],
      ['quota', 429, { code: 'insufficient_quota' }],
      ['forbidden', 403, { type: 'request_forbidden' }],
      ['not_found', 404, { code: 'model_not_found' }],
      ['rate_limited', 429, { code: 'rate_limit_exceeded' }],
      ['usage_limit', 429, { type: 'usage_limit_reached', resets_in_seconds: 3_600, plan_type: 'plus' }],
      ['server_error', 500, { type: 'server_error', code: null }],
      ['overloaded', 503, { code: 'server_is_overloaded' }],
    ])('has the preset %s in its own words', async (preset, status, error) => {
      sut.setDefault('A', preset);
      const answer = await responses();
      expect(answer.status).toBe(status);
      expect(jsonOf(answer)).toMatchObject({ error });
    });

    it('fails a stream with the code that a script gives', async () => {
      const error = { type: 'usage_limit_reached', message: 'enough', more: { resets_in_seconds: 9 } };
      sut.script('A', ['early_error', { fail: { how: 'error_event', afterEvents: 1, error } }]);
      const failed = (answer: Answer): unknown => eventsOf(answer.text).at(-1);
      const code = (value: string, more = {}) => ({ response: { error: { code: value, ...more } } });
      expect(failed(await responses(STREAM))).toMatchObject({
        event: 'response.failed',
        data: code('server_is_overloaded'),
      });
      expect(failed(await responses(STREAM))).toMatchObject({
        data: code('usage_limit_reached', { resets_in_seconds: 9 }),
      });
      expect(jsonOf(await responses())['error']).toBeNull();
    });

    it('breaks an answer behind its first text', async () => {
      sut.setDefault('A', { preset: 'mid_truncate', deltaChars: 9 });
      const { text, error } = await responses(STREAM);
      expect(error).toBeNull();
      expect(text).toContain('output_text.delta');
      expect(text).not.toContain('response.completed');
    });
  });

  it('has only the paths that a script leaves it', async () => {
    const step: SimulatorStep = { onlyBelow: '/v1/', for: 'any' };
    sut.setDefault('A', step);
    expect((await post('/v1/responses', ASKED)).status).toBe(200);
    const answer = await post('/responses', ASKED);
    expect(answer.status).toBe(404);
    expect(jsonOf(answer)).toMatchObject({ error: { message: 'Invalid URL (POST /responses)' } });
    expect((await call(`${sut.url}/v1/models`, 'A', '', 'GET').answer).status).toBe(200);
    expect((await call(`${sut.url}/models`, 'A', '', 'GET').answer).status).toBe(404);
  });

  it('sends the headers of the upstream and of a plan, and logs those of the client', async () => {
    const window = { usedPercent: 12, windowMinutes: 300, resetAfterSeconds: 60 };
    sut.setDefault('A', { headers: { 'x-codex-turn-state': 'turn', ...planHeaders(window, window) } });
    const { headers } = await post('/responses', ASKED, { 'x-codex-turn-state': 'before', 'session-id': 'thread' });
    expect(headers).toMatchObject({
      'x-request-id': 'req_simulated_' + String(sut.log[0]?.n),
      'openai-version': '2020-10-01',
      'x-codex-turn-state': 'turn',
      'x-codex-primary-used-percent': '12',
      'x-codex-secondary-reset-after-seconds': '60',
    });
    expect(sut.log[0]?.headers).toMatchObject({ 'x-codex-turn-state': 'before', 'session-id': 'thread' });
  });
});
