import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const body = (stream: boolean): object => ({
  model: 'claude-opus-5-5',
  stream,
  messages: [{ role: 'user', content: 'Hello' }],
});

describe('the time of a request', () => {
  let simulator: Simulator;
  let app: TestApp;
  let headers: Record<string, string>;

  beforeAll(async () => {
    simulator = await startSimulator();
    app = await TestApp.start({ relay: { requestTimeoutMs: 200 } });
    await app.account(simulator.url, 'up-a', { priority: 1 });
    await app.account(simulator.url, 'up-b', { priority: 2 });
    headers = { 'x-api-key': (await app.key()).key };
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  it.each([false, true])('bounds the wait for an answer, and nobody else is asked (stream: %s)', async (stream) => {
    simulator.reset();
    simulator.setDefault('up-a', 'hang');
    const answer = await app.call('POST', '/api/v1/messages', body(stream), headers);
    expect(answer.status).toBe(504);
    expect(answer.body.error.type).toBe('timeout_error');
    expect(simulator.requests('up-b')).toHaveLength(0);
  });

  it('does not count once an answer has begun', async () => {
    simulator.reset();
    simulator.script('up-a', [
      { text: 'slow but steady, longer than the whole request may take', deltaChars: 4, eventDelayMs: 40 },
    ]);
    const answer = await app.call('POST', '/api/v1/messages', body(true), headers);
    expect(answer.isCut).toBe(false);
    expect(String(answer.body)).toContain('message_stop');
  });
});
