import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { DispatcherPool } from '../../core/egress/dispatcher.pool.js';
import { type HttpExchange as Exchange, HttpExchange } from '../../core/egress/http-exchange.js';
import { ProbeRuns } from './probe-runs.js';
import { ProxyTester } from './proxy-tester.js';

const config = testConfig();

describe('ProxyTester', () => {
  let proxy: Server;
  let pool: DispatcherPool;
  let runs: ProbeRuns;
  let sut: ProxyTester;
  let asked: (string | undefined)[];
  const clients: Duplex[] = [];
  /** Given: what the proxy answers instead of opening a tunnel; null = nothing. */
  let refusal: string | null;

  const newSut = (exchange: Exchange): ProxyTester => new ProxyTester(exchange, new TestClock(0), config, runs);
  const proxyInput = () => ({ type: 'http' as const, host: '127.0.0.1', port: (proxy.address() as AddressInfo).port });

  beforeEach(async () => {
    asked = [];
    refusal = 'HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n';
    proxy = createServer();
    proxy.on('connect', ({ url }, client) => {
      asked.push(url);
      clients.push(client);
      client.on('error', () => undefined);
      if (refusal !== null) client.end(refusal);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    pool = new DispatcherPool(config);
    runs = new ProbeRuns();
    sut = newSut(new HttpExchange(pool));
  });
  afterEach(async () => {
    // A connection that asked for a tunnel is no longer the server's.
    for (const client of clients.splice(0)) client.destroy();
    await new Promise((resolve) => proxy.close(resolve));
    await pool.onApplicationShutdown();
  });

  it('asks for the upstream of most accounts where no other is named', async () => {
    expect(await sut.test(proxyInput())).toMatchObject({ ok: false, stage: 'target' });
    expect(asked).toEqual(['api.anthropic.com:443']);
  });

  it('does not wait for ever', async () => {
    refusal = null;
    expect(await sut.test(proxyInput(), 'https://upstream.example', 100)).toEqual({
      ok: false,
      ms: 0,
      stage: 'timeout',
      message: expect.stringContaining('No answer of upstream.example came through the proxy within 0.1 s.'),
    });
  });

  it('ends when the process stops', async () => {
    refusal = null;
    const result = sut.test(proxyInput());
    runs.onModuleDestroy();
    expect(await result).toMatchObject({ ok: false, stage: 'stopped' });
  });

  it('makes room for the next test, however it ends', async () => {
    for (let tests = 0; tests < 6; tests += 1) await sut.test(proxyInput());
    const broken = newSut({ send: () => Promise.reject(new TypeError('a fault of ours')) } as unknown as Exchange);
    for (let tests = 0; tests < 6; tests += 1)
      await expect(broken.test(proxyInput())).rejects.toThrow('a fault of ours');
    expect(await sut.test(proxyInput())).toMatchObject({ stage: 'target' });
  });

  it('opens nothing while too many tests run', async () => {
    for (let tests = 0; tests < 5; tests += 1) runs.begin();
    await expect(sut.test(proxyInput())).rejects.toMatchObject({ status: 429 });
    expect(asked).toEqual([]);
  });
});
