import { beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { eventually } from '../support/eventually.ts';
import { LedgerView } from '../support/ledger-view.ts';
import { TwoAccounts } from '../support/two-accounts.ts';

const MODEL = 'claude-opus-5-5';
const TEXT = 'The whole answer, in several pieces.';
const QUESTION = { model: MODEL, messages: [{ role: 'user' as const, content: 'Hello' }] };
const WEATHER: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const FIGURES = { inputTokens: 10, cacheCreateTokens: 3, ephemeral5mTokens: 3, cacheReadTokens: 20, outputTokens: 7 };

describe('chat completions of Claude accounts, by the official OpenAI SDK', () => {
  const pool = TwoAccounts.forSuite({ relay: { holdMs: 50 } });
  let key: { id: string; key: string };
  let books: LedgerView;

  beforeEach(async () => {
    key = await pool.app.key();
    books = new LedgerView(pool.app);
    pool.simulator.setDefault('up-a', { text: TEXT, deltaChars: 6, usage: FIGURES });
  });

  const sdk = (): OpenAI => new OpenAI({ apiKey: key.key, baseURL: `${pool.app.url}/openai/v1`, maxRetries: 0 });

  const sentTo = (account: string): Record<string, unknown>[] =>
    pool.simulator
      .requests(account)
      .map(({ body }): Record<string, unknown> => JSON.parse(String(body)) as Record<string, unknown>);

  it('gets a whole answer, which is booked once by what the upstream says', async () => {
    const answer = await sdk().chat.completions.create({
      ...QUESTION,
      messages: [{ role: 'system', content: 'Be short.' }, ...QUESTION.messages],
      max_completion_tokens: 9,
    });
    expect(answer).toMatchObject({ object: 'chat.completion', model: MODEL });
    expect(answer.choices).toEqual([
      expect.objectContaining({
        finish_reason: 'stop',
        message: expect.objectContaining({ role: 'assistant', content: TEXT }),
      }),
    ]);
    expect(answer.usage).toMatchObject({
      prompt_tokens: 33,
      completion_tokens: 7,
      total_tokens: 40,
      prompt_tokens_details: { cached_tokens: 20 },
    });
    expect(pool.simulator.requests('up-a')[0]).toMatchObject({ url: '/v1/messages' });
    expect(sentTo('up-a')).toEqual([
      {
        model: MODEL,
        max_tokens: 9,
        system: [{ type: 'text', text: 'Be short.' }],
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      },
    ]);
    expect(await books.records(key.id)).toEqual([
      expect.objectContaining({ model: MODEL, accountId: pool.first, ...FIGURES }),
    ]);
  });

  it('gets a stream piece by piece, with the usage where it asks for it', async () => {
    const stream = await sdk().chat.completions.create({
      ...QUESTION,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const pieces = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter((piece) => piece !== '');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(TEXT);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 33, completion_tokens: 7 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(await books.records(key.id)).toEqual([expect.objectContaining(FIGURES)]);
  });

  it('gets no usage that it has not asked for, and is booked all the same', async () => {
    const stream = await sdk().chat.completions.create({ ...QUESTION, stream: true });
    for await (const chunk of stream) expect(chunk.usage ?? null).toBeNull();
    expect(await books.records(key.id)).toEqual([expect.objectContaining(FIGURES)]);
  });

  it.each([true, false])('calls a function over two turns (stream: %s)', async (isStreamed) => {
    const blocks = [
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', name: 'weather', input: { city: 'Oslo' } },
      { type: 'tool_use', name: 'weather', input: { city: 'Bergen' } },
    ] as const;
    pool.simulator.script('up-a', [{ blocks, stopReason: 'tool_use' }, { text: 'Rain in both.' }]);
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'The weather?' }];
    const ask = (): Promise<OpenAI.ChatCompletion> => {
      const body = { model: MODEL, messages, tools: [WEATHER], parallel_tool_calls: true };
      const { completions } = sdk().chat;
      return isStreamed ? completions.stream(body).finalChatCompletion() : completions.create(body);
    };
    const [choice] = (await ask()).choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Let me see.' } });
    const calls = (choice?.message.tool_calls ?? []).filter((call) => call.type === 'function');
    expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual([
      ['weather', { city: 'Oslo' }],
      ['weather', { city: 'Bergen' }],
    ]);
    if (choice !== undefined) messages.push(choice.message);
    for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: 'rain' });
    expect((await ask()).choices[0]?.message.content).toBe('Rain in both.');
    const ids = calls.map(({ id }) => id);
    expect(sentTo('up-a')[1]).toMatchObject({
      tools: [{ name: 'weather', input_schema: WEATHER.function.parameters }],
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [{ type: 'text' }, ...ids.map((id) => ({ type: 'tool_use', id, name: 'weather' }))],
        },
        { role: 'user', content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id })) },
      ],
    });
  });

  it('shows an image', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    await sdk().chat.completions.create({
      model: MODEL,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    });
    const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
    expect(sentTo('up-a')[0]).toMatchObject({
      messages: [
        {
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source },
          ],
        },
      ],
    });
  });

  it('names the asked model where the account maps it', async () => {
    const mapped = { supportedModels: { 'my-model': MODEL } };
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, mapped);
    try {
      const answer = await sdk().chat.completions.create({ ...QUESTION, model: 'my-model' });
      expect(answer.model).toBe('my-model');
      expect(sentTo('up-a')).toEqual([expect.objectContaining({ model: MODEL })]);
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { supportedModels: {} });
    }
  });

  it.each([
    ['claude-sonnet-4-5', 'claude-opus-5-5', { max_tokens: 32_000 }],
    ['claude-opus-5-5', 'claude-3-haiku-20240307', { max_tokens: 4096, temperature: 0.2 }],
  ])('is asked as %s, and for what the mapped %s takes', async (asked, model, expected) => {
    const path = `/accounts/claude-console/${pool.first}`;
    await pool.app.api('PUT', path, { supportedModels: { [asked]: model } });
    try {
      await sdk().chat.completions.create({ ...QUESTION, model: asked, temperature: 0.2 });
      const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }];
      expect(sentTo('up-a')).toEqual([{ model, messages, ...expected }]);
    } finally {
      await pool.app.api('PUT', path, { supportedModels: {} });
    }
  });

  it.each([
    ['a refusal by status', 'overloaded'],
    ['an error event first', 'early_error'],
    ['an error behind message_start', 'error_after_start'],
  ])('sees nothing of %s of the first account', async (_, step) => {
    pool.simulator.setDefault('up-a', step);
    const answer = await sdk()
      .chat.completions.stream({ ...QUESTION, stream: true })
      .finalChatCompletion();
    expect(answer.choices[0]?.message.content).toBe(TEXT);
    expect(pool.simulator.requests('up-b')).toHaveLength(1);
  });

  it.each([
    ['an error of the upstream', 'mid_error', 'overloaded_error'],
    ['a cut connection', 'mid_cut', 'server_error'],
    ['a clean end', 'mid_truncate', 'server_error'],
  ])('hears honestly of %s in the middle', async (_, step, type) => {
    pool.simulator.setDefault('up-a', step);
    const stream = await sdk().chat.completions.create({ ...QUESTION, stream: true });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    };
    await expect(read()).rejects.toMatchObject({ type, error: { message: expect.stringMatching(/./) } });
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it.each([true, false])('is told in its own form when nobody can answer (stream: %s)', async (stream) => {
    for (const account of ['up-a', 'up-b']) pool.simulator.setDefault(account, 'overloaded');
    await expect(sdk().chat.completions.create({ ...QUESTION, stream })).rejects.toMatchObject({
      status: expect.any(Number),
      type: 'server_error',
      error: { message: expect.stringMatching(/./) },
    });
  });

  it('aborts, and so does the gateway', async () => {
    pool.simulator.setDefault('up-a', { text: 'x'.repeat(400), holdAfterEvents: 6 });
    const stream = await sdk().chat.completions.create({ ...QUESTION, stream: true });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? '') !== '') break;
    }
    stream.controller.abort();
    const ended = await eventually(async () => {
      const [exchange] = pool.simulator.requests('up-a');
      return exchange === undefined || exchange.outcome === 'open' ? null : exchange;
    });
    expect(ended.outcome).toBe('client_abort');
    expect(await books.records(key.id)).toHaveLength(1);
  });

  it('reads the upstream`s own words of a refusal', async () => {
    const error = { type: 'invalid_request_error', message: 'prompt is too long: 250000 tokens > 200000 maximum' };
    pool.simulator.setDefault('up-a', { status: 400, error });
    for (const stream of [true, false]) {
      await expect(sdk().chat.completions.create({ ...QUESTION, stream })).rejects.toMatchObject({
        status: 400,
        type: 'invalid_request_error',
        error: { message: error.message },
      });
    }
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('is told which field cannot be translated, before anyone is asked', async () => {
    await expect(sdk().chat.completions.create({ ...QUESTION, n: 2 })).rejects.toMatchObject({
      status: 400,
      error: { message: expect.stringMatching(/^n: /) },
    });
    expect(pool.simulator.requests('up-a')).toHaveLength(0);
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('is refused where only Claude Code may reach Claude', async () => {
    await pool.app.api('PUT', '/settings/relay', { claudeCodeOnlyEnabled: true });
    try {
      await expect(sdk().chat.completions.create(QUESTION)).rejects.toMatchObject({
        status: 400,
        error: { message: expect.stringContaining('Claude Code') },
      });
      expect(pool.simulator.requests('up-a')).toHaveLength(0);
    } finally {
      await pool.app.api('PUT', '/settings/relay', { claudeCodeOnlyEnabled: false });
    }
  });
});
