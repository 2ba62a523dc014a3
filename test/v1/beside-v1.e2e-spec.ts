import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { V1Traffic } from '../support/v1-traffic.ts';
import { type Dump, STORE_KINDS, V1Upgrade } from '../support/v1-upgrade.ts';

const MINUTE_MS = 60_000;
const LOGIN = `session:${'ab'.repeat(32)}`;
const SWITCHES = ['isActive', 'schedulable', 'status'];

describe.each(STORE_KINDS)('a v1 that works on the same database, in the %s store', (kind) => {
  let gateway: V1Upgrade;
  let traffic: V1Traffic;

  beforeAll(async () => {
    gateway = await V1Upgrade.start('1.1.314', kind);
    traffic = new V1Traffic(gateway);
    traffic.answerWell();
  });
  afterAll(() => gateway.close());

  const fieldsOf = (dump: Dump, key: string): Record<string, string> => dump[key]?.value as Record<string, string>;
  const servedBy = (name: string): number => gateway.simulator.requests(gateway.account(name).secret).length;

  it('has its own requests counted towards the limit of a key, and none of them taken away', async () => {
    const { id, key } = await gateway.admin('POST', '/keys', { name: 'one at a time', concurrencyLimit: 1 });
    await gateway.store.zadd(`concurrency:${id}`, Date.now() + 5 * MINUTE_MS, 'a-request-of-v1');
    expect((await traffic.claude(key, true)).status).toBe(429);
    await expect(gateway.store.zrange(`concurrency:${id}`, 0, -1)).resolves.toEqual(['a-request-of-v1']);
    await gateway.store.zrem(`concurrency:${id}`, 'a-request-of-v1');
    expect((await traffic.claude(key, true)).status).toBe(200);
    await gateway.app.flushed();
    await expect(gateway.store.exists(`concurrency:${id}`)).resolves.toBe(0);
  });

  it('is obeyed when it switches off a key, and a second later when it pauses an account', async () => {
    const { id, key } = gateway.key('plain');
    await gateway.store.hset(`apikey:${id}`, { isActive: 'false' });
    expect((await traffic.claude(key, true)).status).toBe(401);
    await gateway.store.hset(`apikey:${id}`, { isActive: 'true' });

    const record = `claude_console_account:${gateway.account('console-primary').id}`;
    await gateway.store.hset(record, { schedulable: 'false' });
    gateway.pass(1000);
    gateway.simulator.reset();
    traffic.answerWell();
    expect((await traffic.claude(key, true)).status).toBe(200);
    expect([servedBy('console-primary'), servedBy('console-mapped')]).toEqual([0, 1]);
    await gateway.store.hset(record, { schedulable: 'true' });
  });

  it('finds no account switched off after failures', async () => {
    const before = await gateway.dump();
    for (const preset of ['rate_limited', 'overloaded', 'unauthorized', 'unavailable'])
      for (const platform of ['claude-console', 'codex'] as const) {
        await traffic.fail(platform, preset);
        await traffic.heal(platform);
        await traffic.fail(platform, preset);
      }
    const after = await gateway.dump();
    const accounts = Object.keys(before).filter((key) =>
      /^(?:claude_console|openai_responses)_account:.{36}$/.test(key),
    );
    expect(accounts).toHaveLength(6);
    for (const account of accounts)
      for (const field of SWITCHES)
        expect([account, field, fieldsOf(after, account)[field]]).toEqual([
          account,
          field,
          fieldsOf(before, account)[field],
        ]);
  });

  it('keeps its logins, its running requests, its queues and its ranks when we stop', async () => {
    await gateway.store.hset(LOGIN, { username: 'v1', loginTime: new Date().toISOString() });
    await gateway.store.zadd('concurrency:any-key', Date.now() + 5 * MINUTE_MS, 'a-request-of-v1');
    await gateway.store.set('concurrency:queue:any-key', '2');
    const before = await gateway.dump();
    const after = await gateway.stop();
    const own = /^(?:concurrency:|session:|cost_rank|system:migrat|apikey:index:version)/;
    const names = Object.keys(before).filter((key) => own.test(key));
    expect(names).toEqual(expect.arrayContaining([LOGIN, 'concurrency:any-key', 'concurrency:queue:any-key']));
    expect(names.filter((key) => key.startsWith('cost_rank:'))).toHaveLength(4);
    for (const name of names) expect([name, after[name]?.value]).toEqual([name, before[name]?.value]);
    const ranks = names.filter((key) => key.startsWith('cost_rank'));
    for (const name of ranks) expect(after[name]).toEqual(gateway.before[name]);
  });
});
