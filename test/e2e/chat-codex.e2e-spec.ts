import { beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { CODEX_MODEL, CODEX_TEXT, CodexPool } from '../support/codex-pool.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerView } from '../support/ledger-view.ts';
import type { LogEntry } from '../support/simulator/request-log.ts';

const QUESTION = { model: CODEX_MODEL, messages: [{ role: 'user' as const, content: 'Hello' }] };
const FIGURES = { inputTokens: 61, outputTokens: 17, cacheReadTokens: 40 };
const TOLD_USAGE = {
  prompt_tokens: 101,
  completion_tokens: 17,
  total_tokens: 118,
  prompt_tokens_details: { cached_tokens: 40 },
};
const WITH_USAGE = { stream_options: { include_usage: true } };
const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const TOOL: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const sentBy = ({ body }: LogEntry): Record<string, unknown> => JSON.parse(String(body)) as Record<string, unknown>;

async function chunksOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<OpenAI.ChatCompletionChunk[]> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly OpenAI.ChatCompletionChunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

describe.each([
  ['an upstream of Responses', 'responses', '/v1/responses'],
  ['an upstream that has chats', 'auto', '/v1/chat/completions'],
])('a chat of the official SDK with %s', (_, providerEndpoint, path) => {
  const pool = CodexPool.forSuite();
  const isNative = providerEndpoint === 'auto';
  let books: LedgerView;
  let key: { id: string; key: string };

  beforeEach(async () => {
    books = new LedgerView(pool.app);
    key = await pool.app.key();
    for (const id of [pool.first, pool.second]) {
      const { status } = await pool.app.api('PUT', `/accounts/codex/${id}`, { providerEndpoint });
      expect(status).toBe(200);
    }
    for (const up of ['up-a', 'up-b']) {
      pool.simulator.setDefault(up, { text: CODEX_TEXT, deltaChars: 6, usage: FIGURES });
    }
  });

  const chats = (): OpenAI.Chat.Completions => pool.sdk({ apiKey: key.key }).chat.completions;
  const expectBooked = async (accountId = pool.first): Promise<void> => {
    expect(await books.records(key.id)).toEqual([
      expect.objectContaining({ model: CODEX_MODEL, accountId, accountType: 'openai-responses', ...FIGURES }),
    ]);
  };

  it('does not end well where the upstream breaks off', async () => {
    pool.simulator.setDefault('up-a', { text: CODEX_TEXT, deltaChars: 6, fail: { how: 'reset', afterEvents: 6 } });
    const reading = chats()
      .create({ ...QUESTION, stream: true })
      .then(chunksOf);
    await expect(reading).rejects.toThrow(/upstream/i);
    expect(await books.records(key.id)).toHaveLength(1);
  });

  it('tells an error that comes in the middle, and cuts the connection', async () => {
    const error = { type: 'server_error', code: 'server_error', message: 'It broke.' };
    pool.simulator.setDefault('up-a', {
      text: CODEX_TEXT,
      deltaChars: 6,
      fail: { how: 'error_event', afterEvents: 6, error },
    });
    const { body, isCut } = await pool.send({ ...QUESTION, stream: true }, {}, '/openai/v1/chat/completions');
    expect(isCut).toBe(true);
    expect(body).toMatch(
      /data: \{"error":\{"message":"It broke\.","type":"server_error","param":null,"code":"server_error"\}\}\n\n$/,
    );
    expect(body).not.toContain('[DONE]');
  });

  it('does not tell that the upstream refuses the account', async () => {
    const error = { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key: up-a' };
    pool.simulator.setDefault('up-a', {
      text: CODEX_TEXT,
      deltaChars: 6,
      fail: { how: 'error_event', afterEvents: 6, error },
    });
    const { body, isCut } = await pool.send({ ...QUESTION, stream: true }, {}, '/openai/v1/chat/completions');
    expect(isCut).toBe(true);
    expect(body).not.toContain('up-a');
    expect(body).toMatch(
      /data: \{"error":\{"message":"[^"]+","type":"server_error","param":null,"code":"upstream_error"\}\}\n\n$/,
    );
  });

  it('is left by its client: the upstream sees it, and what was used is booked', async () => {
    pool.simulator.script('up-a', [{ text: 'x'.repeat(400), holdAfterEvents: 8 }]);
    const leaving = new AbortController();
    const stream = await chats().create({ ...QUESTION, stream: true }, { signal: leaving.signal });
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content !== '') leaving.abort();
    }
    await pool.simulator.settled('up-a', 1);
    expect(pool.onlyRequest('up-a').outcome).toBe('client_abort');
    const [record] = await eventually(async () => {
      const found = await books.records(key.id);
      return found.length > 0 ? found : null;
    });
    expect(record).toMatchObject({ accountId: pool.first, estimated: true });
    expect((await pool.availability()).available).toBe(true);
  });

  it.each([
    ['/openai', path.slice(3)],
    ['/openai/v1', path],
  ])('is answered whole below %s', async (base, asked) => {
    const { completions } = pool.sdk({ apiKey: key.key, baseURL: pool.app.url + base }).chat;
    const answer = await completions.create({ ...QUESTION, max_completion_tokens: 50 });
    expect(answer).toMatchObject({ object: 'chat.completion', model: CODEX_MODEL, usage: TOLD_USAGE });
    expect(answer.choices).toEqual([
      expect.objectContaining({
        finish_reason: 'stop',
        message: expect.objectContaining({ role: 'assistant', content: CODEX_TEXT }),
      }),
    ]);
    expect(pool.onlyRequest('up-a').url).toBe(asked);
    await expectBooked();
  });

  it('is streamed with the usage where the client asks for it', async () => {
    const chunks = await chunksOf(await chats().create({ ...QUESTION, ...WITH_USAGE, stream: true }));
    expect(textOf(chunks)).toBe(CODEX_TEXT);
    expect(chunks.length).toBeGreaterThan(4);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: TOLD_USAGE });
    await expectBooked();
  });

  it('is streamed without the usage to any other client, and booked all the same', async () => {
    const chunks = await chunksOf(await chats().create({ ...QUESTION, stream: true }));
    expect(textOf(chunks)).toBe(CODEX_TEXT);
    for (const chunk of chunks) {
      expect(chunk.choices).toHaveLength(1);
      expect(chunk.usage ?? null).toBeNull();
    }
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    await expectBooked();
  });

  it.each([true, false])('calls functions over two turns (stream: %s)', async (isStreamed) => {
    const input = (city: string): object => ({ type: 'tool_use', name: 'weather', input: { city } });
    const blocks = [{ type: 'text', text: 'Let me see.' }, input('Oslo'), input('Bergen')] as never;
    pool.simulator.script('up-a', [{ blocks }, { text: 'Rain in both.' }]);
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'The weather?' }];
    const ask = (): Promise<OpenAI.ChatCompletion> => {
      const body = { model: CODEX_MODEL, messages, tools: [TOOL], prompt_cache_key: pool.session };
      return isStreamed ? chats().stream(body).finalChatCompletion() : chats().create(body);
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
    expect(pool.served()).toEqual(['up-a', 'up-a']);
    expect(await books.records(key.id)).toHaveLength(2);
    if (isNative) return;
    const told = pool.simulator.requests('up-a').map(sentBy)[1];
    expect(told).toMatchObject({
      tools: [{ ...TOOL.function, type: 'function', strict: false }],
      input: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
        { type: 'function_call', call_id: calls[0]?.id, arguments: '{"city":"Oslo"}' },
        { type: 'function_call', call_id: calls[1]?.id },
        { type: 'function_call_output', call_id: calls[0]?.id, output: 'rain' },
        { type: 'function_call_output', call_id: calls[1]?.id },
      ],
    });
  });

  it('shows a picture', async () => {
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: PNG } },
    ];
    const messages = [
      { role: 'system' as const, content: 'Be short.' },
      { role: 'user' as const, content },
    ];
    await chats().create({ model: CODEX_MODEL, messages });
    const sent = sentBy(pool.onlyRequest('up-a'));
    if (isNative) expect(sent).toEqual({ model: CODEX_MODEL, messages });
    else {
      expect(sent).toMatchObject({
        input: [
          { role: 'developer', content: [{ type: 'input_text', text: 'Be short.' }] },
          { role: 'user', content: [{ type: 'input_text' }, { type: 'input_image', image_url: PNG }] },
        ],
        store: false,
      });
    }
  });

  it('is refused in the words of the upstream', async () => {
    const error = {
      message: 'Too long.',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    };
    pool.simulator.script('up-a', [{ status: 400, body: { error } }]);
    const failure: unknown = await chats()
      .create(QUESTION)
      .catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(OpenAI.BadRequestError);
    expect(failure).toMatchObject({ status: 400, error });
    expect(pool.served()).toEqual(['up-a']);
  });

  it(`${isNative ? 'may' : 'may not'} end at words of the client's choice`, async () => {
    const asked = chats().create({ ...QUESTION, stop: ['END'] });
    if (isNative) expect((await asked).choices[0]?.message.content).toBe(CODEX_TEXT);
    else await expect(asked).rejects.toThrow('400 stop: it is not supported with this model');
    expect(pool.served()).toEqual(isNative ? ['up-a'] : []);
  });

  it.each([
    ['an overload', { preset: 'overloaded' }],
    ['an error event that comes before any content', { fail: { how: 'error_event' as const, afterEvents: 1 } }],
    ['a connection that breaks before any content', { fail: { how: 'reset' as const, afterEvents: 1 } }],
  ])('goes on with another account after %s', async (_name, step) => {
    pool.simulator.setDefault('up-a', step);
    const chunks = await chunksOf(await chats().create({ ...QUESTION, stream: true }));
    expect(textOf(chunks)).toBe(CODEX_TEXT);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(pool.served()).toEqual(['up-a', 'up-b']);
    await expectBooked(pool.second);
  });
});

describe('a stream of an upstream that has chats', () => {
  const pool = CodexPool.forSuite();
  const PATH = '/openai/v1/chat/completions';
  const CHUNK =
    'data: {"object":"chat.completion.chunk","model":"gpt-5","choices":[ {"index":0,"delta":{"content":"ü"}}]}\n\n';
  const END =
    'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\r\n\r\n';
  const USAGE =
    'data: {"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":101,"completion_tokens":17,"prompt_tokens_details":{"cached_tokens":40}}}\n\n';
  const DONE = 'data: [DONE]\n\n';
  const events = [CHUNK, ': still there\n\n', 'event: new\ndata: {}\n\n', END, USAGE, DONE];

  beforeEach(async () => {
    await pool.app.api('PUT', `/accounts/codex/${pool.first}`, { providerEndpoint: 'auto' });
    pool.simulator.setDefault('up-a', { events });
  });

  it.each([1, 7, 10_000])('comes byte for byte, in pieces of %i, but for the usage', async (pieceBytes) => {
    const key = await pool.app.key();
    pool.simulator.setDefault('up-a', { events, pieceBytes });
    const question = ' {"model":"gpt-5", "messages":[],"stream":true, "stream_options":{"x":1.0}}';
    const { body } = await pool.send(question, { authorization: `Bearer ${key.key}` }, PATH);
    expect(body).toBe(events.filter((event) => event !== USAGE).join(''));
    expect(String(pool.onlyRequest('up-a').body)).toBe(question.replace('{"x"', '{"include_usage":true,"x"'));
    expect(await new LedgerView(pool.app).records(key.id)).toEqual([expect.objectContaining(FIGURES)]);
  });

  it('comes byte for byte to a client that has asked for the usage', async () => {
    const question = '{"model":"gpt-5","messages":[],"stream":true,"stream_options":{"include_usage":true}}';
    const { body } = await pool.send(question, {}, PATH);
    expect(body).toBe(events.join(''));
    expect(String(pool.onlyRequest('up-a').body)).toBe(question);
  });
});
