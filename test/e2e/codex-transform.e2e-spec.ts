import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RelayRequest, type RequestChange, type RequestTransformer, Transformer } from '@crs/extension-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { CODEX_AGENT } from '../support/codex-pool.ts';
import { LedgerView } from '../support/ledger-view.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { type ApiAnswer, TestApp } from '../support/test-app.ts';

const SDK_AGENT = 'OpenAI/JS 7.57.0';
const PATHS = ['/openai/responses', '/openai/v1/responses/compact'];
const INSTRUCTIONS = 'You are "Codex".\nBe brief. é\n';
const ON = { enableOpenAIResponsesCodexAdaptation: true };
const OFF = { enableOpenAIResponsesCodexAdaptation: false };
const rules = (...list: readonly object[]): object => ({
  enableOpenAIResponsesPayloadRules: true,
  openaiResponsesPayloadRules: list,
});
const EFFORT = { path: 'reasoning.effort', valueType: 'json', value: '"high"' };

/** What somebody else might add to the gateway: says which house a request comes from, and how often it was here. */
@Transformer({ order: 500, endpoints: ['responses', 'chat_completions'] })
class HouseHeader implements RequestTransformer {
  transform({ headers }: RelayRequest): RequestChange {
    return { headers: { ...headers, 'x-house': `${String(headers['x-house'] ?? '')}villa` } };
  }
}

@Module({ providers: [HouseHeader] })
class Extension {}

describe('what a key changes in Responses requests', () => {
  let simulator: Simulator;
  let app: TestApp;
  let folder: string;
  let accountId: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'transform-'));
    const codexInstructionsFile = join(folder, 'codex.md');
    writeFileSync(codexInstructionsFile, INSTRUCTIONS);
    simulator = await startSimulator();
    app = await TestApp.start({ relay: { codexInstructionsFile } }, [Extension]);
    accountId = await app.account(simulator.url, 'up-a', {}, 'codex');
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(() => {
    simulator.reset();
  });

  async function ask(
    settings: object,
    text: string,
    { path = '/openai/responses', agent = SDK_AGENT }: { readonly path?: string; readonly agent?: string } = {},
  ): Promise<{ readonly answer: ApiAnswer; readonly keyId: string; readonly sent: string | null }> {
    const { id, key } = await app.key({ ...settings });
    const answer = await app.call('POST', path, text, { authorization: `Bearer ${key}`, 'user-agent': agent });
    const sent = simulator.requests('up-a').at(-1)?.body.toString() ?? null;
    return { answer, keyId: id, sent };
  }

  const FOREIGN =
    '{ "model" : "gpt-5-mini", "temperature":0.5 , "input":[{"role":"user","content":"é","text":1}], "text":{}, "new":[1.0] }';
  const ADAPTED =
    '{ "model" : "gpt-5", "input":[{"role":"user","content":"é","text":1}], "new":[1.0],"instructions":@ }'.replace(
      '@',
      JSON.stringify(INSTRUCTIONS),
    );

  it.each(PATHS)('makes the request of another client look like Codex’s on %s', async (path) => {
    const { answer, sent } = await ask(ON, FOREIGN, { path });
    expect(answer.status).toBe(200);
    expect(sent).toBe(ADAPTED);
  });

  it('does so unless the key says otherwise', async () => {
    expect((await ask({}, FOREIGN)).sent).toBe(ADAPTED);
  });

  it.each(PATHS)('never changes what Codex itself sends on %s', async (path) => {
    expect((await ask(ON, FOREIGN, { path, agent: CODEX_AGENT })).sent).toBe(FOREIGN);
  });

  it.each(PATHS)('passes every byte on %s with the option off', async (path) => {
    expect((await ask(OFF, FOREIGN, { path })).sent).toBe(FOREIGN);
  });

  it('books the model that the adaptation has made of the client’s', async () => {
    const { keyId } = await ask(ON, FOREIGN);
    expect(await new LedgerView(app).records(keyId)).toEqual([expect.objectContaining({ model: 'gpt-5' })]);
  });

  it.each(PATHS)('writes what a rule says into the requests of every client on %s', async (path) => {
    const text = '{"model":"gpt-5.1","input":"hi" , "reasoning":{"summary":"auto" } }';
    const { sent } = await ask({ ...ON, ...rules(EFFORT) }, text, { path, agent: CODEX_AGENT });
    expect(sent).toBe('{"model":"gpt-5.1","input":"hi" , "reasoning":{"summary":"auto","effort":"high" } }');
  });

  it('shows the client the model that it has asked for, whatever the adaptation has made of it', async () => {
    const question = '{"model":"gpt-5-mini","input":"hi","stream":false}';
    for (const stream of [false, true]) {
      const { answer } = await ask(ON, question.replace('false', String(stream)));
      const names = [...JSON.stringify(answer.body).matchAll(/\\?"model\\?":\\?"([^"\\]*)/g)].map(([, name]) => name);
      expect(new Set(names)).toEqual(new Set(['gpt-5-mini']));
    }
  });

  it('applies no rule while the key’s rules are switched off', async () => {
    const off = { ...OFF, openaiResponsesPayloadRules: [EFFORT] };
    expect((await ask(off, FOREIGN)).sent).toBe(FOREIGN);
  });

  it('applies the rules to what the adaptation has left', async () => {
    const tuned = rules({ path: 'temperature', valueType: 'number', value: '0.1' });
    const { sent } = await ask({ ...ON, ...tuned }, FOREIGN);
    expect(sent).toBe(`${ADAPTED.slice(0, -2)},"temperature":0.1 }`);
  });

  it('goes on without a rule that cannot be applied', async () => {
    const odd = rules({ path: 'input.0.content', valueType: 'string', value: 'x' }, EFFORT);
    const { answer, sent } = await ask({ ...OFF, ...odd }, '{"model":"gpt-5.1","input":[{}]}');
    expect(answer.status).toBe(200);
    expect(sent).toBe('{"model":"gpt-5.1","input":[{}],"reasoning":{"effort":"high"}}');
  });

  it('streams when a rule says so', async () => {
    const streamed = rules({ path: 'stream', valueType: 'boolean', value: true });
    const { answer } = await ask({ ...OFF, ...streamed }, '{"model":"gpt-5.1","input":"hi"}');
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.isCut).toBe(false);
  });

  it.each<[string, object, string]>([
    ['the adaptation', ON, 'gpt-5'],
    ['a rule', { ...OFF, ...rules({ path: 'model', valueType: 'string', value: 'gpt-5.1' }) }, 'gpt-5.1'],
  ])('refuses a model that the key may not use, when %s has written it', async (_, settings, model) => {
    const restricted = { enableModelRestriction: true, modelRestrictionMode: 'deny', restrictedModels: [model] };
    const { answer, sent } = await ask({ ...settings, ...restricted }, FOREIGN);
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toBe(`gpt-5-mini is sent as ${model}, which this API key may not use.`);
    expect(sent).toBeNull();
  });

  it('lets an extension change a header', async () => {
    const { sent } = await ask(OFF, FOREIGN);
    expect(sent).toBe(FOREIGN);
    expect(simulator.requests('up-a')[0]?.headers['x-house']).toBe('villa');
  });

  describe('when chat completions are asked for', () => {
    const CHAT = '{"model":"gpt-5-mini","temperature":0.5,"messages":[{"role":"user","content":"hi"}]}';
    const chat = { path: '/openai/v1/chat/completions' };

    it('runs an extension once where the upstream answers them itself', async () => {
      await app.api('PUT', `/accounts/codex/${accountId}`, { providerEndpoint: 'auto' });
      try {
        const { answer, sent } = await ask({ ...ON, ...rules(EFFORT) }, CHAT, chat);
        expect(answer.status).toBe(200);
        expect(sent).toBe(CHAT);
        expect(simulator.requests('up-a')[0]?.headers['x-house']).toBe('villa');
      } finally {
        await app.api('PUT', `/accounts/codex/${accountId}`, { providerEndpoint: 'responses' });
      }
    });

    it('applies the rules to what is translated, but for what was decided before, and adapts nothing', async () => {
      const list = rules(
        EFFORT,
        { path: 'model', valueType: 'string', value: 'gpt-5.1' },
        { path: 'stream', valueType: 'boolean', value: true },
      );
      const { answer, sent } = await ask({ ...ON, ...list }, CHAT, chat);
      expect(answer.status).toBe(200);
      const body: unknown = JSON.parse(sent ?? '');
      expect(body).toMatchObject({ model: 'gpt-5-mini', temperature: 0.5, reasoning: { effort: 'high' } });
      expect(body).not.toMatchObject({ stream: true });
      expect(body).not.toMatchObject({ instructions: INSTRUCTIONS });
    });
  });
});
