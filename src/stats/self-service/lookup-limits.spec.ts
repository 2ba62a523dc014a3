import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '@crs/store';
import { type HttpApp, startHttpApp } from '../../../test/support/http-app.js';
import { type Answer, call, sendJson } from '../../../test/support/http-fixture.js';
import { KnownKeys, KnownKeysModule } from '../../../test/support/known-keys.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { testKeySummary } from '../../../test/support/test-key-summary.ts';
import { StatsModule } from '../stats.module.js';

const SECRET = `cr_${'5'.repeat(64)}`;
const WRONG = `cr_${'0'.repeat(64)}`;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

describe('the public look-ups of one address, behind a proxy', () => {
  const key = testKeySummary();
  let http: HttpApp;
  let clock: TestClock;

  beforeEach(async () => {
    const known = new KnownKeys();
    known.bySecret.set(SECRET, key);
    clock = new TestClock(Date.parse('2026-11-23T04:06:00Z'));
    const config = testConfig({ http: { trustProxy: true } });
    const store = openSqliteStore(':memory:');
    http = await startHttpApp({ imports: [KnownKeysModule.with(known), StatsModule], store, clock, config });
  });

  afterEach(() => http.close());

  const from = (address: string) => ({ 'x-forwarded-for': `198.51.100.1, ${address}` });
  const getId = (apiKey: string, address = '203.0.113.7'): Promise<Answer> =>
    sendJson(`${http.url}/apiStats/api/get-key-id`, 'POST', { apiKey }, from(address));
  const rates = (address = '203.0.113.7'): Promise<Answer> =>
    call(`${http.url}/apiStats/service-rates`, 'GET', { headers: from(address) });

  it('are sixty a minute, all routes together', async () => {
    for (let i = 0; i < 30; i += 1) {
      expect((await getId(SECRET)).status).toBe(200);
      expect((await rates()).status).toBe(200);
      clock.ms += 500;
    }
    for (const refused of [await getId(SECRET), await rates()]) {
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('45');
      expect(refused.body).toEqual({
        error: 'Too Many Requests',
        message: 'Too many look-ups from this address. Try again in 45 s.',
      });
    }
    expect((await getId(SECRET, '203.0.113.8')).status).toBe(200);
    clock.ms += 45_000;
    expect((await getId(SECRET)).status).toBe(200);
  });

  it('name ten unknown keys a minute at most', async () => {
    for (let i = 0; i < 20; i += 1) expect((await getId(SECRET)).status).toBe(200);
    for (let i = 0; i < 5; i += 1) {
      expect((await getId(WRONG)).status).toBe(401);
      const byId = await sendJson(
        `${http.url}/apiStats/api/user-stats`,
        'POST',
        { apiId: UNKNOWN_ID },
        from('203.0.113.7'),
      );
      expect(byId.status).toBe(404);
    }
    clock.ms += 1000;
    const refused = await getId(SECRET);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('59');
    expect(refused.body).toEqual({
      error: 'Too Many Requests',
      message: 'Too many unknown keys from this address. Try again in 59 s.',
    });
    expect((await getId(SECRET, '203.0.113.8')).status).toBe(200);
    clock.ms += 59_000;
    expect((await getId(SECRET)).status).toBe(200);
  });

  it('are those of a whole /64 of IPv6', async () => {
    for (let i = 0; i < 10; i += 1) expect((await getId(WRONG, `2001:db8:0:1::${String(i)}`)).status).toBe(401);
    expect((await getId(WRONG, '2001:db8:0:1:ffff::1')).status).toBe(429);
    expect((await getId(WRONG, '2001:db8:0:2::1')).status).toBe(401);
  });

  it('do not count what is no attempt to find a key', async () => {
    for (let i = 0; i < 12; i += 1) expect((await getId('short')).status).toBe(400);
    expect((await getId(SECRET)).status).toBe(200);
  });

  it('get every error in one form', async () => {
    const answers = [
      await call(`${http.url}/apiStats/nowhere?key=secret`, 'GET'),
      await call(`${http.url}/apiStats`, 'GET'),
      await call(`${http.url}/apiStats/api/get-key-id`, 'GET'),
      await sendJson(`${http.url}/apiStats/api/get-key-id`, 'POST', { apiKey: 'x'.repeat(20_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 405, 413]);
    for (const { headers, body } of answers) {
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(body).toEqual({ error: expect.any(String), message: expect.stringMatching(/\.$/) });
      expect(JSON.stringify(body)).not.toContain('secret');
    }
    expect((await call(`${http.url}/apiStatsAndMore`, 'GET')).body).toMatchObject({ type: 'about:blank' });
  });

  it('say when the store does not answer', async () => {
    await http.store.quit();
    const { status, body } = await rates();
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).toEqual({ error: expect.any(String), message: expect.any(String) });
  });

  it('are documented with what they answer and what goes wrong', async () => {
    const document = (await (await fetch(`${http.url}/docs-json`)).json()) as {
      readonly paths: Record<string, Record<string, { readonly responses: object; readonly summary: string }>>;
    };
    const statusesOf = (path: string, method = 'post') =>
      Object.keys(document.paths[`/apiStats/${path}`]?.[method]?.responses ?? {});
    expect(statusesOf('service-rates', 'get')).toEqual(['200', '429']);
    expect(statusesOf('api/get-key-id')).toEqual(['200', '400', '401', '413', '429']);
    expect(statusesOf('api/user-stats')).toEqual(['200', '400', '401', '403', '404', '413', '429']);
    expect(statusesOf('api/user-model-stats')).toEqual(statusesOf('api/user-stats'));
    expect(statusesOf('api/batch-stats')).toEqual(['200', '400', '413', '429']);
    expect(statusesOf('api/batch-model-stats')).toEqual(['200', '400', '413', '429']);
  });
});
