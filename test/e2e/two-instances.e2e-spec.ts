import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { LimitRepository } from '../../src/api-key/limits/limit.repository.js';
import { LEASE_MS } from '../../src/core/lease/lease-keeper.js';
import { Zone } from '../../src/core/time/zone.js';
import { eventually } from '../support/eventually.ts';
import { expectHeld, describeRaces } from '../support/race-cases.ts';
import { describeQueue } from '../support/queue-cases.ts';
import { RaceRig, UPSTREAM } from '../support/race-rig.ts';
import { findRedisServer } from '../support/redis-server.ts';
import { TestClock } from '../support/test-clock.js';
import { testConfig } from '../support/test-config.js';
import { NO_LIMITS, testPrincipal } from '../support/test-principal.js';

const LIMITS = { concurrencyLimit: 3, dailyCostLimit: 10 };

describe('two processes on one Redis', () => {
  const program = findRedisServer();
  if (program === null) {
    it.todo('share the limits of a key (there is no redis-server on this machine)');
    return;
  }
  let rig: RaceRig;
  beforeAll(async () => {
    rig = await RaceRig.onRedis(program);
  }, 60_000);
  afterAll(async () => {
    await rig.stop();
  });

  describeRaces(() => rig);
  describeQueue(() => rig);

  it('know of each other what became of a request', async () => {
    const key = await rig.key({});
    rig.reset();
    const { status, headers } = await rig.ask(key, { instance: 0 });
    expect(status).toBe(200);
    const path = `/relay/requests/${String(headers['x-relay-request-id'])}`;
    // Written behind the answer, a moment later.
    const shown = await eventually(() => rig.api<object>('GET', path, undefined, 1).catch(() => null));
    expect(shown).toMatchObject({ keyId: key.id, end: 'completed', status: 200, attempts: [{ result: 'ok' }] });
    expect(await rig.api('GET', `/relay/requests?keyId=${key.id}`, undefined, 1)).toMatchObject({ total: 1 });
  });

  // The last one: an instance ends here.
  it('that is killed with requests in flight leaves what it held to expire by itself', async () => {
    const key = await rig.key(LIMITS);
    rig.reset();
    rig.simulator.setDefault(UPSTREAM, { holdAfterEvents: -1 });
    const lost = Array.from({ length: 3 }, () => rig.ask(key, { instance: 1 }));
    await rig.simulator.held(UPSTREAM, 3);
    await rig.instance(1).kill();
    for (const { status } of await Promise.all(lost)) expect(status).toBe(0);

    const sets = [keys.limits.concurrency(key.id), keys.limits.holds(key.id)];
    const now = Date.now();
    const ends: number[] = [];
    for (const set of sets) {
      const members = await rig.store.zrange(set, 0, -1);
      expect(members).toHaveLength(3);
      for (const member of members) ends.push(Number(await rig.store.zscore(set, member)));
      expect(await rig.store.pttl(set)).toBeGreaterThan(0);
    }
    expect(Math.min(...ends)).toBeGreaterThan(now);
    expect(Math.max(...ends)).toBeLessThanOrEqual(now + LEASE_MS);

    // The other one sees them as long as they may be alive, and not a moment longer.
    expectHeld(await rig.ask(key, { instance: 0 }));
    const zone = new Zone(testConfig());
    const admitAt = (at: number, requestId: string) =>
      new LimitRepository(rig.store, zone, new TestClock(at)).admit({
        requestId,
        principal: testPrincipal({ keyId: toApiKeyId(key.id), limits: { ...NO_LIMITS, ...LIMITS } }),
        model: 'claude-opus-5-5',
        isClaudeModel: true,
        firstEstimate: { microUsd: 1, tokens: 1 },
        signal: new AbortController().signal,
      });
    expect(await admitAt(Math.min(...ends) - 1, 'too-early')).toMatchObject({ kind: 'busy', reason: 'concurrency' });
    expect(await admitAt(Math.max(...ends), 'in-time')).toMatchObject({ kind: 'admitted' });
    for (const set of sets) expect(await rig.store.zcard(set)).toBe(1);
  });
});
