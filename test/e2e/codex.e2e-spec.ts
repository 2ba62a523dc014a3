import { beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { CODEX_MODEL, CODEX_TEXT, CodexPool } from '../support/codex-pool.ts';
import { eventually } from '../support/eventually.ts';
import { LedgerView } from '../support/ledger-view.ts';

const QUESTION = { model: CODEX_MODEL, input: 'Hello' };
const TOOL: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'read_file',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  strict: false,
};

describe('the official OpenAI SDK', () => {
  const pool = CodexPool.forSuite();
  let books: LedgerView;
  let key: { id: string; key: string };

  beforeEach(async () => {
    books = new LedgerView(pool.app);
    key = await pool.app.key();
  });

  const sdk = (): OpenAI => pool.sdk({ apiKey: key.key });

  it.each(['/openai', '/openai/v1'])('gets a whole answer below %s, and it is booked', async (base) => {
    const answer = await pool.sdk({ apiKey: key.key, baseURL: pool.app.url + base }).responses.create(QUESTION);
    expect(answer.output_text).toBe(CODEX_TEXT);
    expect(answer.status).toBe('completed');
    expect(await books.records(key.id)).toEqual([
      expect.objectContaining({ model: CODEX_MODEL, accountId: pool.first, accountType: 'openai-responses' }),
    ]);
  });

  it('gets a stream piece by piece, with the last word of the upstream', async () => {
    const stream = await sdk().responses.create({ ...QUESTION, stream: true });
    const deltas: string[] = [];
    let completed: OpenAI.Responses.Response | null = null;
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') deltas.push(event.delta);
      if (event.type === 'response.completed') completed = event.response;
    }
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join('')).toBe(CODEX_TEXT);
    expect(completed?.usage?.input_tokens).toBe(pool.simulator.usage('up-a').inputTokens);
    expect(await books.records(key.id)).toHaveLength(1);
  });

  it('calls a function over two turns, which one account serves', async () => {
    pool.simulator.script('up-a', [
      { blocks: [{ type: 'tool_use', name: 'read_file', input: { path: '/etc/hosts' } }] },
      { text: 'It names the loopback.' },
    ]);
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'What is in /etc/hosts?' }];
    const ask = (): Promise<OpenAI.Responses.Response> =>
      sdk()
        .responses.stream({ model: CODEX_MODEL, input, tools: [TOOL], prompt_cache_key: pool.session })
        .finalResponse();
    const first = await ask();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'read_file', arguments: '{"path":"/etc/hosts"}' });
    if (call === undefined) return;
    input.push(call, { type: 'function_call_output', call_id: call.call_id, output: '127.0.0.1 localhost' });
    expect((await ask()).output_text).toBe('It names the loopback.');
    const sent: unknown[] = pool.simulator.requests('up-a').map(({ body }) => JSON.parse(String(body)));
    expect(sent[1]).toMatchObject({
      tools: [TOOL],
      input: [
        { role: 'user' },
        { type: 'function_call', call_id: call.call_id },
        { type: 'function_call_output', output: '127.0.0.1 localhost' },
      ],
    });
    expect(await books.records(key.id)).toHaveLength(2);
  });

  it('has its thread made short below /compact', async () => {
    pool.simulator.script('up-a', [
      {
        body: { id: 'resp_1', object: 'response.compaction', output: [{ type: 'compaction', encrypted_content: 'x' }] },
      },
    ]);
    const answer = await sdk().post<{ output: unknown[] }>('/responses/compact', { body: QUESTION });
    expect(answer.output).toEqual([{ type: 'compaction', encrypted_content: 'x' }]);
    expect(pool.onlyRequest('up-a').url).toBe('/v1/responses/compact');
    expect(await books.records(key.id)).toHaveLength(1);
  });

  it.each([
    ['before the first content', 1],
    ['in the middle of the answer', 6],
  ])('leaves %s: the upstream sees it at once, and it is booked', async (_, holdAfterEvents) => {
    pool.simulator.script('up-a', [{ text: 'x'.repeat(400), holdAfterEvents }]);
    const leaving = new AbortController();
    const run = async (): Promise<void> => {
      const stream = await sdk().responses.create({ ...QUESTION, stream: true }, { signal: leaving.signal });
      await stream.toReadableStream().pipeTo(new WritableStream());
    };
    const running = run().catch((error: unknown) => error);
    await pool.simulator.held('up-a');
    leaving.abort();
    await running;
    await pool.simulator.settled('up-a', 1);
    expect(pool.onlyRequest('up-a').outcome).toBe('client_abort');
    const [record] = await eventually(async () => {
      const found = await books.records(key.id);
      return found.length > 0 ? found : null;
    });
    expect(record).toMatchObject({ accountId: pool.first, estimated: true });
    expect((await pool.availability()).available).toBe(true);
  });

  it('lists the models of both services, and only those that the key may ask for', async () => {
    const narrow = await pool.app.key({
      enableModelRestriction: true,
      modelRestrictionMode: 'allow',
      restrictedModels: [CODEX_MODEL],
    });
    const ids = async (apiKey: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { id } of pool.sdk({ apiKey }).models.list()) found.push(id);
      return found;
    };
    expect(await ids(key.key)).toEqual(expect.arrayContaining([CODEX_MODEL]));
    expect(await ids(narrow.key)).toEqual([CODEX_MODEL]);
  });

  it('hides an account that fails before its first content', async () => {
    pool.simulator.setDefault('up-a', 'unavailable');
    const answer = await sdk()
      .responses.stream({ ...QUESTION, stream: true })
      .finalResponse();
    expect(answer.output_text).toBe(CODEX_TEXT);
    expect(pool.served()).toEqual(['up-a', 'up-b']);
  });

  it('hears of an answer that broke off, and never takes it for whole', async () => {
    pool.simulator.setDefault('up-a', { text: 'x'.repeat(400), fail: { how: 'truncate', afterEvents: 6 } });
    const stream = await sdk().responses.create({ ...QUESTION, stream: true });
    const names: string[] = [];
    const error: unknown = await (async () => {
      for await (const event of stream) names.push(event.type);
    })().catch((cause: unknown) => cause);
    expect(names).toContain('response.output_text.delta');
    expect(names).not.toContain('response.completed');
    // Some versions throw on the event, others hand it out; the connection is cut in any case.
    expect(names.includes('response.failed') || error instanceof Error).toBe(true);
  });

  it('is told of a bad request in the words of the upstream', async () => {
    pool.simulator.script('up-a', [
      { status: 400, body: { error: { message: 'Unsupported value', type: 'invalid_request_error', param: 'input' } } },
    ]);
    const error: unknown = await sdk()
      .responses.create(QUESTION)
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ status: 400, param: 'input', message: '400 Unsupported value' });
    expect(pool.served()).toEqual(['up-a']);
    expect(await books.records(key.id)).toEqual([]);
  });
});
