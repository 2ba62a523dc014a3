import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HttpApp, startHttpApp } from '../../test/support/http-app.js';
import { sendJson } from '../../test/support/http-fixture.js';
import { testConfig } from '../../test/support/test-config.js';
import { AuthModule } from './auth.module.js';

describe('the address whose logins are counted, behind a proxy', () => {
  let server: HttpApp;

  beforeEach(async () => {
    const admin = { username: 'root', password: 'the first password' };
    server = await startHttpApp({ imports: [AuthModule], config: testConfig({ http: { trustProxy: true }, admin }) });
  });

  afterEach(async () => {
    await server.close();
  });

  const statusOf = async (forwarded: string): Promise<number> => {
    const headers = { 'x-forwarded-for': forwarded };
    return (await sendJson(`${server.url}/api/v2/auth/admin/login`, 'POST', {}, headers)).status;
  };

  it('is the one that the proxy saw, whatever the client claims before it', async () => {
    for (let i = 0; i < 10; i += 1) expect(await statusOf(`198.51.100.${i}, 203.0.113.7`)).toBe(400);
    expect(await statusOf('198.51.100.99, 203.0.113.7')).toBe(429);
    expect(await statusOf('203.0.113.7, 203.0.113.8')).toBe(400);
  });

  it('is a whole /64 of IPv6', async () => {
    for (let i = 0; i < 10; i += 1) expect(await statusOf(`2001:db8:0:1::${i}`)).toBe(400);
    expect(await statusOf('2001:db8:0:1:ffff::1')).toBe(429);
    expect(await statusOf('2001:db8:0:2::1')).toBe(400);
  });
});
