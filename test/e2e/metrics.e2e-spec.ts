import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';
import { TestApp } from '../support/test-app.ts';

const MESSAGE = { model: 'claude-sonnet-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'secret prompt' }] };

/** Value of a metric by its name and labels, as they are written. */
const valueOf = (text: string, metric: string): number | null => {
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `));
  return line === undefined ? null : Number(line.slice(metric.length + 1));
};

describe('/metrics', () => {
  let upstream: Simulator;
  let gateway: TestApp;

  beforeEach(async () => {
    upstream = await startSimulator();
    gateway = await TestApp.start();
  });

  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('counts requests, attempts, tokens and accounts, and names nobody', async () => {
    await gateway.account(upstream.url, 'up-first', { priority: 1 });
    await gateway.account(upstream.url, 'up-second', { priority: 2 });
    upstream.setDefault('up-first', 'overloaded');
    const { id, key } = await gateway.key({ name: 'the key of Ada' });
    const { status } = await gateway.call('POST', '/api/v1/messages', MESSAGE, { 'x-api-key': key });
    expect(status).toBe(200);
    await gateway.flushed();

    const { status: shown, headers, body: text } = await gateway.call('GET', '/metrics');
    expect([shown, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(valueOf(text, 'crs_requests_total{endpoint="messages",end="completed",status="200"}')).toBe(1);
    expect(valueOf(text, 'crs_attempts_total{platform="claude-console",result="status",mark="overload"}')).toBe(1);
    expect(valueOf(text, 'crs_attempts_total{platform="claude-console",result="ok",mark="none"}')).toBe(1);
    expect(valueOf(text, 'crs_accounts{platform="claude-console",state="available"}')).toBe(1);
    expect(valueOf(text, 'crs_accounts{platform="claude-console",state="cooling_down"}')).toBe(1);
    expect(valueOf(text, 'crs_request_duration_seconds_count{endpoint="messages"}')).toBe(1);
    expect(valueOf(text, 'crs_tokens_total{service="claude",class="input"}')).toBeGreaterThan(0);
    expect(valueOf(text, 'crs_cost_usd_total{service="claude",kind="rated"}')).toBeGreaterThan(0);
    expect([valueOf(text, 'crs_store_up'), valueOf(text, 'crs_journal_healthy')]).toEqual([1, 1]);
    expect(valueOf(text, 'crs_open_requests')).toBe(0);
    for (const secret of [key, id, 'Ada', 'up-first', 'secret prompt', 'sonnet']) expect(text).not.toContain(secret);
  });

  it('asks for its token where there is one', async () => {
    await gateway.close();
    gateway = await TestApp.start({ metricsToken: 'a-token' });
    const read = async (headers: Record<string, string>) =>
      (await gateway.call('GET', '/metrics', undefined, headers)).status;
    expect(await read({})).toBe(401);
    expect(await read({ authorization: 'Bearer another' })).toBe(401);
    expect(await read({ authorization: 'Bearer a-token' })).toBe(200);
  });
});
