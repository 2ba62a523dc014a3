import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminClient, type CreatedKey } from '../support/admin-client.ts';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';

const PASSWORD = 'correct horse battery';

describe('a gateway that is told to stop', () => {
  let simulator: Simulator;
  let dataDir: string;
  let gateway: BuiltGateway;
  let admin: AdminClient;
  let client: CreatedKey;

  const start = async (shutdownTimeoutMs: number): Promise<void> => {
    gateway = await startBuiltGateway({
      dataDir,
      env: { ADMIN_PASSWORD: PASSWORD, SHUTDOWN_TIMEOUT: String(shutdownTimeoutMs) },
    });
    admin = new AdminClient(gateway.url, { username: 'admin', password: PASSWORD });
  };

  beforeEach(async () => {
    simulator = await startSimulator();
    dataDir = await mkdtemp(join(tmpdir(), 'crs-shutdown-'));
  });

  afterEach(async () => {
    await gateway.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const prepare = async (shutdownTimeoutMs: number): Promise<void> => {
    await start(shutdownTimeoutMs);
    await admin.createAccount('claude-console', { name: 'a', apiUrl: simulator.url, apiKey: 'up-a' });
    client = await admin.createKey({ name: 'k' });
  };

  const ask = (): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': client.key },
      body: JSON.stringify({ model: 'claude-opus-5-5', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
    });

  /** The body as far as it comes, and whether it came to its end. */
  const readAll = async (response: Response): Promise<{ text: string; isWhole: boolean }> => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array);
    } catch {
      return { text: Buffer.concat(chunks).toString(), isWhole: false };
    }
    return { text: Buffer.concat(chunks).toString(), isWhole: true };
  };

  it('finishes the answers that run', async () => {
    await prepare(20_000);
    simulator.script('up-a', [{ text: 'to the very end of the answer', deltaChars: 4, holdAfterEvents: 4 }]);
    const answer = ask().then(readAll);
    await simulator.held('up-a');
    const stopped = gateway.stop();
    simulator.release('up-a');
    expect(await answer).toEqual({ text: expect.stringContaining('message_stop'), isWhole: true });
    expect(await stopped).toBe(0);
  });

  it('ends those that take too long honestly, and books what they used', async () => {
    await prepare(300);
    simulator.script('up-a', [{ text: 'never comes to its end, whatever happens', deltaChars: 4, holdAfterEvents: 4 }]);
    const answer = ask().then(readAll);
    await simulator.held('up-a');
    expect(await gateway.stop()).toBe(0);
    const { text, isWhole } = await answer;
    expect(isWhole).toBe(false);
    expect(text).toMatch(/event: error\ndata: [^\n]*being restarted[^\n]*\n\n$/);
    await start(300);
    const { total } = (await admin.request('GET', `/keys/${client.id}/stats`)) as {
      total: { requests: number; inputTokens: number };
    };
    expect(total.requests).toBe(1);
    expect(total.inputTokens).toBeGreaterThan(0);
    expect(await admin.request('GET', `/accounts/claude-console`)).toMatchObject({ items: [{ marks: [] }] });
    expect(await admin.request('GET', '/relay/requests')).toMatchObject({ items: [{ end: 'stopped', status: 200 }] });
  });

  it('books a request that it leaves before its account has said a word', async () => {
    await prepare(300);
    simulator.script('up-a', [{ holdAfterEvents: -1 }]);
    const answer = ask();
    await simulator.held('up-a');
    expect(await gateway.stop()).toBe(0);
    expect((await answer).status).toBe(503);
    await start(300);
    expect(await admin.request('GET', `/keys/${client.id}/records`)).toMatchObject({
      items: [{ estimated: true, inputTokens: 0, outputTokens: 0 }],
    });
  });

  it('does not wait for a client that takes nothing, and books what it used', async () => {
    await prepare(300);
    simulator.script('up-a', [{ textBytes: 16 * 1024 * 1024, deltaChars: 64 * 1024 }]);
    const response = await ask();
    expect(response.status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    expect((await readAll(response)).isWhole).toBe(false);
    await start(300);
    const { total } = (await admin.request('GET', `/keys/${client.id}/stats`)) as { total: { requests: number } };
    expect(total.requests).toBe(1);
  });
});
