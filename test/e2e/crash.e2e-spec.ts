import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminClient } from '../support/admin-client.ts';
import { type BuiltGateway, startBuiltGateway } from '../support/built-gateway.ts';
import { type Simulator, startSimulator } from '../support/simulator/simulator.ts';

const SESSION = '0f8fad5b-d9cb-469f-a165-70867728950e';
const PASSWORD = 'correct horse battery';

describe('a gateway process with the embedded store', () => {
  let simulator: Simulator;
  let dataDir: string;
  let gateway: BuiltGateway;

  beforeEach(async () => {
    simulator = await startSimulator();
    dataDir = await mkdtemp(join(tmpdir(), 'crs-crash-'));
  });

  afterEach(async () => {
    await gateway.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (env: Record<string, string> = {}): Promise<AdminClient> => {
    gateway = await startBuiltGateway({ dataDir, env: { ADMIN_PASSWORD: PASSWORD, ...env } });
    return new AdminClient(gateway.url, { username: 'admin', password: PASSWORD });
  };

  const ask = async (key: string, stream: boolean): Promise<string> => {
    const response = await fetch(`${gateway.url}/api/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key, 'x-claude-code-session-id': SESSION },
      body: JSON.stringify({ model: 'claude-opus-5-5', stream, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(response.status).toBe(200);
    return response.text();
  };

  it.each([true, false])('has lost nothing when it is killed right after an answer (stream: %s)', async (stream) => {
    let admin = await start();
    for (const [index, apiKey] of ['up-a', 'up-b'].entries()) {
      await admin.createAccount('claude-console', { name: apiKey, apiUrl: simulator.url, apiKey, priority: index + 1 });
    }
    simulator.setDefault('up-a', 'overloaded');
    const { id, key } = await admin.createKey({ name: 'survivor' });
    await ask(key, stream);
    await gateway.kill();

    admin = await start();
    const { inputTokens, outputTokens } = simulator.usage('up-b');
    expect(await admin.request('GET', `/keys/${id}/stats`)).toMatchObject({
      total: { requests: 1, inputTokens, outputTokens },
    });
    const { items } = (await admin.request('GET', '/accounts/claude-console')) as {
      items: { id: string; name: string }[];
    };
    expect(items.map(({ name }) => name).sort()).toEqual(['up-a', 'up-b']);
    const marked = items.find(({ name }) => name === 'up-a')?.id ?? '';
    expect(await admin.request('GET', `/accounts/claude-console/${marked}/availability`)).toMatchObject({
      reasons: ['cooling_down'],
    });
    await admin.request('POST', `/accounts/claude-console/${marked}/reset-rate-limit`);
    // The better account is back, and the session stays where it was.
    await ask(key, stream);
    expect(simulator.requests('up-a')).toHaveLength(1);
    expect(simulator.requests('up-b')).toHaveLength(2);
  });

  it('prints a generated admin password once, and keeps its files to itself', async () => {
    await start({ ADMIN_PASSWORD: '' });
    const [, printed = ''] = /password:\s+(\S+)/i.exec(gateway.output()) ?? [];
    const admin = new AdminClient(gateway.url, { username: 'admin', password: printed });
    expect(await admin.request('GET', '/auth/me')).toEqual({ username: 'admin', role: 'admin' });
    for (const name of await readdir(dataDir)) {
      const { mode } = await stat(join(dataDir, name));
      expect(`${name} ${(mode & 0o077).toString(8)}`).toBe(`${name} 0`);
    }
    expect(await gateway.stop()).toBe(0);
    await start({ ADMIN_PASSWORD: '' });
    expect(gateway.output()).not.toContain(printed);
    expect(gateway.output()).not.toMatch(/password:/i);
  });

  it.each([
    [{ PORT: 'eighty' }, 'PORT'],
    [{ REDIS_HOST: '127.0.0.1', NODE_ENV: 'production', ENCRYPTION_KEY: '' }, 'ENCRYPTION_KEY'],
    [{ REDIS_HOST: '127.0.0.1', REDIS_PORT: '1', ENCRYPTION_KEY: 'a-key-of-thirty-two-characters!!' }, '127.0.0.1:1'],
  ])('refuses to start with %j and says why', async (env, words) => {
    await expect(start(env)).rejects.toThrow(words);
    await start();
  });

  it('refuses a second process on the same data', async () => {
    await start();
    await expect(startBuiltGateway({ dataDir })).rejects.toThrow(/in use|another process/i);
  });
});
