import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, call, PLAIN, STREAM } from './raw-call.ts';
import { startSimulator, type Simulator } from './simulator.ts';

describe('upstream simulator, failing', () => {
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

  it.each([
    ['reset', 'ECONNRESET'],
    ['garbage', 'HPE_INVALID_CONSTANT'],
  ])('fails before the head: %s', async (how, code) => {
    sut.script('A', [how]);
    const answer = await messages(STREAM);
    expect([answer.status, answer.error]).toEqual([0, code]);
    expect(sut.requests('A')[0]).toMatchObject({ outcome: how, status: 0, usageStage: 'none' });
  });

  it('closes the connection before the head', async () => {
    sut.script('A', [{ fail: { how: 'cut' } }]);
    expect(await messages()).toMatchObject({ status: 0, error: 'ECONNRESET' });
  });

  it.each([
    ['mid_cut', 'cut', 'ECONNRESET'],
    ['mid_reset', 'reset', 'ECONNRESET'],
    ['mid_framing', 'broken_framing', 'HPE_INVALID_CHUNK_SIZE'],
    ['mid_truncate', 'truncate', null],
    ['mid_garbage', 'garbage', null],
    ['mid_error', 'error_event', null],
  ])('fails in mid-stream: %s', async (preset, outcome, error) => {
    sut.script('A', [preset]);
    const answer = await messages(STREAM);
    expect(answer.error).toBe(error);
    expect(answer.text).toContain('content_block_delta');
    expect(answer.text).not.toContain('message_stop');
    expect(answer.text.includes('event: error')).toBe(outcome === 'error_event');
    expect(sut.requests('A')[0]).toMatchObject({ outcome, events: 5, usageStage: 'start' });
  });

  it('sends half of a JSON answer and closes', async () => {
    sut.script('A', [{ fail: { how: 'cut', afterEvents: 1 } }]);
    const answer = await messages();
    expect([answer.status, answer.error]).toEqual([200, 'ECONNRESET']);
    expect(answer.text).toMatch(/^\{"id"/);
  });

  it('sends an error event first, or an error status where nothing is streamed', async () => {
    sut.setDefault('A', 'early_error');
    expect((await messages(STREAM)).text).toMatch(/^event: error\ndata: .*overloaded_error/);
    expect((await responses(STREAM)).text).toMatch(/^event: response.failed/);
    expect((await messages()).status).toBe(529);
  });

  it('hangs until the client leaves, and logs that it did', async () => {
    sut.script('A', ['hang', 'mid_hang']);
    const first = call(`${sut.url}/v1/messages`, 'A', STREAM);
    await sut.arrived('A', 1);
    first.request.destroy();
    await first.answer;
    await sut.settled('A', 1);
    const second = call(`${sut.url}/v1/messages`, 'A', STREAM);
    second.request.on('response', (response) => {
      response.once('data', () => {
        second.request.destroy();
      });
    });
    await second.answer;
    await sut.settled('A', 2);
    expect(sut.requests('A').map((entry) => [entry.outcome, entry.status])).toEqual([
      ['client_abort', 0],
      ['client_abort', 200],
    ]);
  });
});
