import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { told } from '../support/account-test-events.ts';
import { eventually } from '../support/eventually.ts';
import { eventsOf } from '../support/simulator/raw-call.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const SECRET = 'sk-ant-a-secret-of-the-upstream-0001';
const CONSOLE = '/accounts/claude-console';

describe('tests of accounts that take long', () => {
  let simulator: Simulator;
  let app: TestApp;
  let id: string;
  let token: string;

  const open = async (): Promise<IncomingMessage> => {
    const outgoing = request(`${app.url}/api/v2${CONSOLE}/${id}/test`, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${token}` },
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return response;
  };

  beforeEach(async () => {
    simulator = await startSimulator();
    app = await TestApp.start();
    id = await app.account(simulator.url, SECRET);
    const login = { username: 'admin', password: 'correct horse battery' };
    token = (await app.call('POST', '/api/v2/auth/admin/login', login)).body.token;
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  it.each([
    ['before the answer', -1],
    ['within it', 4],
  ])('end at the upstream when the administrator leaves %s', async (_name, holdAfterEvents) => {
    simulator.script(SECRET, [{ holdAfterEvents }]);
    const response = await open();
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toContain('event: test_start');
    await simulator.held(SECRET);
    response.destroy();
    await simulator.settled(SECRET, 1);
    expect(simulator.requests(SECRET)[0]?.outcome).toBe('client_abort');
  });

  it('are few at the same time, and make room when they end', async () => {
    simulator.setDefault(SECRET, { holdAfterEvents: -1 });
    const running = await Promise.all(Array.from({ length: 5 }, open));
    await simulator.held(SECRET, 5);
    const refused = await app.api('POST', `${CONSOLE}/${id}/test`);
    expect([refused.status, refused.body.detail]).toEqual([429, expect.stringContaining('5 tests run already')]);
    expect(simulator.requests(SECRET)).toHaveLength(5);
    simulator.setDefault(SECRET, null);
    running[0]?.destroy();
    const next = await eventually(async () => {
      const answer = await app.api('POST', `${CONSOLE}/${id}/test`);
      return answer.status === 200 ? answer : null;
    });
    expect(told(next).end).toMatchObject({ ok: true });
    simulator.release(SECRET);
    for (const response of running.slice(1)) for await (const chunk of response) expect(chunk).toBeDefined();
    const again = await Promise.all(Array.from({ length: 5 }, () => app.api('POST', `${CONSOLE}/${id}/test`)));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('are ended in words when the gateway stops', async () => {
    simulator.script(SECRET, [{ holdAfterEvents: -1 }]);
    const response = await open();
    await simulator.held(SECRET);
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = once(response, 'end');
    await app.app.close();
    await ended;
    expect(eventsOf(text).at(-1)).toMatchObject({ event: 'test_error', data: { stage: 'stopped', verdict: null } });
  });
});
