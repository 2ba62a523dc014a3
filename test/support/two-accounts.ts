import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { type Simulator, startSimulator } from './simulator/simulator.ts';
import { type ApiAnswer, TestApp } from './test-app.ts';
import type { ConfigOverrides } from './test-config.ts';

const TEXT = 'The whole answer, in several pieces.';

export const questionOf = (stream: boolean): object => ({
  model: 'claude-opus-5-5',
  max_tokens: 9,
  stream,
  messages: [{ role: 'user', content: 'Hello' }],
});

/** A gateway with two accounts, of which `up-a` is asked first and `up-b` answers well. Each case begins afresh. */
export class TwoAccounts {
  simulator!: Simulator;
  app!: TestApp;
  first!: string;
  second!: string;
  keyId!: string;
  headers!: Record<string, string>;

  static forSuite(config: ConfigOverrides = {}): TwoAccounts {
    const sut = new TwoAccounts();
    let secret = '';
    beforeAll(async () => {
      sut.simulator = await startSimulator();
      sut.app = await TestApp.start(config);
      sut.first = await sut.app.account(sut.simulator.url, 'up-a', { priority: 1 });
      sut.second = await sut.app.account(sut.simulator.url, 'up-b', { priority: 2 });
      const { id, key } = await sut.app.key();
      sut.keyId = id;
      secret = key;
    });
    afterAll(async () => {
      await sut.app.close();
      await sut.simulator.close();
    });
    beforeEach(async () => {
      // A session of its own for each case: an earlier one would stay with the account that served it.
      sut.headers = { 'x-api-key': secret, 'x-claude-code-session-id': randomUUID() };
      sut.simulator.reset();
      sut.simulator.setDefault('up-b', { text: TEXT, deltaChars: 6 });
      for (const id of [sut.first, sut.second])
        await sut.app.api('POST', `/accounts/claude-console/${id}/reset-rate-limit`);
    });
    return sut;
  }

  send(stream: boolean): Promise<ApiAnswer> {
    return this.app.call('POST', '/api/v1/messages', questionOf(stream), this.headers);
  }

  async availability(): Promise<ApiAnswer['body']> {
    return (await this.app.api('GET', `/accounts/claude-console/${this.first}/availability`)).body;
  }
}

/** The answer of `up-b`, with nothing missing. */
export function expectWhole(answer: ApiAnswer, stream: boolean): void {
  expect(answer.status).toBe(200);
  const text = stream
    ? [...String(answer.body).matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('')
    : answer.body.content[0]?.text;
  expect(text).toBe(TEXT);
  if (stream) expect(String(answer.body).trimEnd()).toMatch(/event: message_stop\ndata: [^\n]*$/);
}
