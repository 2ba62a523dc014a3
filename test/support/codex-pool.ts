import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import OpenAI, { type ClientOptions } from 'openai';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { type LogEntry } from './simulator/request-log.ts';
import { type Simulator, startSimulator } from './simulator/simulator.ts';
import { type ApiAnswer, type TestApp as App, TestApp } from './test-app.ts';
import type { ConfigOverrides } from './test-config.ts';

export const CODEX_MODEL = 'gpt-5';
export const CODEX_TEXT = 'The whole answer, in several pieces.';

/** What Codex calls itself; nothing of its requests is adapted. */
export const CODEX_AGENT = 'codex_exec/0.169.0 (Debian 12.0.0; x86_64) unknown';

export const codexQuestion = (stream: boolean, change: object = {}): Record<string, unknown> => ({
  model: CODEX_MODEL,
  stream,
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
  ...change,
});

/** A gateway with two codex accounts, of which `up-a` is asked first and `up-b` answers well. Each case begins afresh. */
export class CodexPool {
  simulator!: Simulator;
  app!: App;
  first!: string;
  second!: string;
  keyId!: string;
  /** Of the key that the cases use unless they make one of their own. */
  secret!: string;
  /** A new one for each case: an earlier one would stay with the account that served it. */
  session!: string;

  static forSuite(config: ConfigOverrides = {}): CodexPool {
    const sut = new CodexPool();
    beforeAll(async () => {
      sut.simulator = await startSimulator();
      sut.app = await TestApp.start(config);
      sut.first = await sut.account('up-a', { priority: 1 });
      sut.second = await sut.account('up-b', { priority: 2 });
      const { id, key } = await sut.app.key();
      sut.keyId = id;
      sut.secret = key;
    });
    afterAll(async () => {
      await sut.app.close();
      await sut.simulator.close();
    });
    beforeEach(async () => {
      sut.session = randomUUID();
      sut.simulator.reset();
      for (const key of ['up-a', 'up-b']) sut.simulator.setDefault(key, { text: CODEX_TEXT, deltaChars: 6 });
      await sut.resetMarks();
    });
    return sut;
  }

  get store(): StoreClient {
    return this.app.app.get<StoreClient>(STORE_CLIENT);
  }

  /** Creates an account whose upstream is the simulator; answers its id. */
  account(apiKey: string, change: Record<string, unknown> = {}): Promise<string> {
    return this.app.account(this.simulator.url, apiKey, change, 'codex');
  }

  async resetMarks(): Promise<void> {
    for (const id of [this.first, this.second]) await this.app.api('POST', `/accounts/codex/${id}/reset-rate-limit`);
  }

  /** The official SDK as its users have it, but that it does not try again by itself. */
  sdk(options: ClientOptions = {}): OpenAI {
    return new OpenAI({ apiKey: this.secret, baseURL: `${this.app.url}/openai/v1`, maxRetries: 0, ...options });
  }

  headers(change: Record<string, string> = {}): Record<string, string> {
    const own = { authorization: `Bearer ${this.secret}`, 'session-id': this.session, 'user-agent': CODEX_AGENT };
    return { ...own, ...change };
  }

  /** A call as Codex makes it. */
  send(
    body: Record<string, unknown> | string = codexQuestion(true),
    headers: Record<string, string> = {},
    path = '/openai/responses',
  ): Promise<ApiAnswer> {
    return this.app.call('POST', path, body, this.headers(headers));
  }

  /** The requests that reached the upstream of these keys, in order of arrival. */
  served(): readonly string[] {
    return this.simulator.log.map(({ key }) => key);
  }

  /** The only request of an upstream key. */
  onlyRequest(key: string): LogEntry {
    const [entry, ...more] = this.simulator.requests(key);
    if (entry === undefined || more.length > 0) throw new Error(`${key} has got ${more.length} requests beside one`);
    return entry;
  }

  async availability(id = this.first): Promise<ApiAnswer['body']> {
    return (await this.app.api('GET', `/accounts/codex/${id}/availability`)).body;
  }
}

/** The text of a whole answer in either form; fails on anything else. */
export function textOf({ status, body, isCut }: ApiAnswer): string {
  if (status !== 200 || isCut) throw new Error(`No whole answer: ${status} ${JSON.stringify(body)}`);
  if (typeof body === 'string') {
    if (!/event: response\.completed\ndata: [^\n]*$/.test(body.trimEnd())) throw new Error(`No end: ${body}`);
    return [...body.matchAll(/"type":"response\.output_text\.delta"[^\n]*"delta":"([^"]*)"/g)]
      .map(([, piece]) => piece)
      .join('');
  }
  const [message] = (body as OpenAI.Responses.Response).output;
  const [part] = message?.type === 'message' ? message.content : [];
  if (part?.type !== 'output_text') throw new Error(`No text: ${JSON.stringify(body)}`);
  return part.text;
}
