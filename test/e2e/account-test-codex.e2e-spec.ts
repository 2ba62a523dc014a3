import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { told, type Told } from '../support/account-test-events.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import type { StepLike } from '../support/simulator/step.ts';
import { TestApp } from '../support/test-app.ts';

const SECRET = 'sk-proj-a-secret-of-the-upstream-0001';
const CODEX = '/accounts/codex';

describe('the test of a Codex account', () => {
  let simulator: Simulator;
  let app: TestApp;
  let id: string;

  const account = (url: string, key: string, change: Record<string, unknown> = {}): Promise<string> =>
    app.account(url, key, change, 'codex');
  const run = async (of = id, body?: object): Promise<Told> => told(await app.api('POST', `${CODEX}/${of}/test`, body));
  const failing = async (step: StepLike): Promise<Told['end']> => {
    simulator.script(SECRET, [step, step]);
    const { end, names } = await run();
    expect(names.at(-1)).toBe('test_error');
    return end;
  };

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    id = await account(`${simulator.url}/v1`, SECRET);
  });
  beforeEach(() => {
    simulator.reset();
  });
  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  it('tells what was sent where, the answer as it comes, and what it cost', async () => {
    const usage = { inputTokens: 14, outputTokens: 6, cacheReadTokens: 3 };
    simulator.script(SECRET, [{ text: 'Hello there!', deltaChars: 4, usage }]);
    const { names, start, text, end } = await run();
    expect(names).toEqual(['test_start', 'connected', 'test_complete']);
    expect(start).toMatchObject({ platform: 'codex', accountId: id, model: 'gpt-5-mini', url: simulator.url });
    expect(text).toBe('Hello there!');
    expect(end).toMatchObject({ ok: true, status: 200, usage: { ...usage, cacheCreateTokens: 0 } });
    const { body } = await app.api('GET', `${CODEX}/${id}`);
    expect(body).toMatchObject({ lastUsedAt: null, rateLimitedAt: null });
  });

  it('sends one small streaming request with the key of the account', async () => {
    await run();
    const [sent, ...more] = simulator.requests(SECRET);
    expect([more, sent?.method, sent?.url]).toEqual([[], 'POST', '/v1/responses']);
    expect(sent?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(JSON.parse(String(sent?.body))).toMatchObject({ model: 'gpt-5-mini', stream: true, store: false });
    expect(sent?.bodyBytes).toBeLessThan(400);
    await simulator.settled(SECRET, 1);
    expect(simulator.requests(SECRET)[0]?.outcome).toBe('finished');
  });

  it('asks for the model that was named, with the user agent that the account has', async () => {
    const own = await account(simulator.url, 'up-agent', { userAgent: 'codex_cli_rs/1.2.3' });
    expect((await run(own, { model: 'gpt-4.1' })).start).toMatchObject({ model: 'gpt-4.1', upstreamModel: 'gpt-4.1' });
    const [sent] = simulator.requests('up-agent');
    expect([sent?.url, sent?.headers['user-agent']]).toEqual(['/responses', 'codex_cli_rs/1.2.3']);
    expect(JSON.parse(String(sent?.body))).not.toHaveProperty('reasoning');
  });

  it.each<[string, StepLike, string, string]>([
    ['a refused key', 'unauthorized', 'auth_error', 'marked auth_error and left out for 1800 s'],
    [
      'no money',
      { error: { type: 'x', code: 'insufficient_quota', message: 'no' }, status: 429 },
      'auth_error',
      '1800 s',
    ],
    ['a limit', 'rate_limited', 'rate_limit', 'for 30 s'],
    ['a limit of the plan', 'usage_limit', 'rate_limit', 'for 3600 s'],
    ['an upstream that is down', 'unavailable', 'service_unavailable', 'left out for 60 s'],
    ['HTML instead of an answer', 'html', 'connection', 'left out for 60 s'],
    ['a failure instead of an answer', 'early_error', 'service_unavailable', 'go on to another account'],
    ['a stream without an end', 'mid_truncate', 'connection', 'see its answer break off'],
    ['a model that is not there', 'not_found', 'model_missing', 'not be asked for this model'],
    ['a path that is not there', { onlyBelow: '/api/' }, 'endpoint_missing', 'Look at apiUrl: its path may lack a /v1'],
  ])('says what %s would mean', async (_, step, mark, words) => {
    expect(await failing(step)).toMatchObject({ mark, verdict: expect.stringContaining(words) });
  });
});
