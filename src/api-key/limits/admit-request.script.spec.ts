import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KeyLimitSettings } from '@crs/extension-api';
import { keys, openSqliteStore, type RedisStore, type StoreClient } from '@crs/store';
import { openRedisStore } from '../../../test/support/each-store.js';
import { LimitModel } from '../../../test/support/limit-model.js';
import { findRedisServer, type RedisServer, startRedisServer } from '../../../test/support/redis-server.js';
import { dumpStore, withLivesOf } from '../../../test/support/store-dump.js';
import { TestClock } from '../../../test/support/test-clock.js';
import { testConfig } from '../../../test/support/test-config.js';
import { NO_LIMITS, testPrincipal } from '../../../test/support/test-principal.js';
import { Zone } from '../../core/time/zone.js';
import type { AdmissionRequest } from './admission-request.js';
import { type AdmissionReply, LimitRepository } from './limit.repository.js';

const zone = new Zone(testConfig());
const BEGIN = Date.parse('2026-11-23T15:55:00Z');
const { keyId, weeklyResetDay, weeklyResetHour } = testPrincipal();
const MODELS = ['claude-opus-5-5', 'gpt-5', 'vendor:"模型"'];

/** What may happen to one key. Requests are numbered, so that they return, wait and end in any order. */
type Step =
  | { readonly kind: 'ask'; readonly id: number; readonly limits: KeyLimitSettings; readonly maxWaiting: number }
  | { readonly kind: 'end'; readonly id: number; readonly microUsd: number; readonly tokens: number }
  | { readonly kind: 'leave'; readonly id: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'learn'; readonly model: string; readonly microUsd: number; readonly tokens: number };

const usd = fc.constantFrom(0, 0.000001, 0.01, 0.02, 0.05);
const limits: fc.Arbitrary<KeyLimitSettings> = fc.record({
  concurrencyLimit: fc.constantFrom(0, 1, 2),
  rateLimitWindow: fc.constantFrom(0, 10, 10),
  rateLimitRequests: fc.constantFrom(0, 3),
  tokenLimit: fc.constantFrom(0, 1000),
  rateLimitCost: usd,
  dailyCostLimit: usd,
  totalCostLimit: usd,
  weeklyOpusCostLimit: usd,
});
/** Most keys have one or two limits, which is where the first in line matters. */
const someLimits = fc
  .tuple(limits, fc.subarray(Object.keys(NO_LIMITS) as (keyof KeyLimitSettings)[]))
  .map(([all, without]) => ({ ...all, ...Object.fromEntries(without.map((name) => [name, 0])) }));
const ids = fc.nat(5);
const amounts = { microUsd: fc.constantFrom(0, 1, 3000, 12_345), tokens: fc.constantFrom(0, 7, 900) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask'), id: ids, limits: someLimits, maxWaiting: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end'), id: ids, ...amounts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), id: ids }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pass'),
      ms: fc.constantFrom(1000, 2999, 3000, 60_000, 90_000, 300_000, 600_000, 3_600_000, 86_400_000, 6 * 86_400_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('learn'), model: fc.constantFrom(...MODELS), ...amounts }) },
);
/** All steps of one key under the same limits, or under limits that an administrator changes all the time. */
const histories = fc
  .tuple(fc.array(step, { minLength: 5, maxLength: 30 }), fc.option(someLimits))
  .map(([steps, same]) =>
    steps.map((each) => (same !== null && each.kind === 'ask' ? { ...each, limits: same } : each)),
  );

/** Many requests and one slot: what decides is who came first. */
const queues = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        id: ids,
        limits: fc.constant({ ...NO_LIMITS, concurrencyLimit: 1 }),
        maxWaiting: fc.constantFrom(0, 4, 4, 4),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), id: ids, ...amounts }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(500, 2000) }) },
  ),
  { minLength: 10, maxLength: 40 },
);

const periodsAt = (now: number) => ({
  day: zone.day(now),
  week: zone.weekPeriod(now, weeklyResetDay, weeklyResetHour),
});

function requestOf(id: number, changed: KeyLimitSettings): AdmissionRequest {
  return {
    requestId: `req-${id}`,
    principal: testPrincipal({ limits: changed }),
    model: MODELS[id % MODELS.length] ?? '',
    isClaudeModel: id % 2 === 0,
    firstEstimate: { microUsd: 2500 * id, tokens: 100 * id },
    signal: new AbortController().signal,
  };
}

/** The rules in plain words. */
class ModelRun {
  private readonly model = new LimitModel(periodsAt);
  private now = BEGIN;

  ask(request: AdmissionRequest, waiter: string, maxWaiting: number): AdmissionReply {
    return this.model.admit(request, { waiter, maxWaiting }, this.now);
  }

  end(id: number, microUsd: number, tokens: number): void {
    const { model, now } = this;
    model.release(`req-${id}`);
    const { day, week } = periodsAt(now);
    for (const name of ['total', day, ...(id % 2 === 0 ? [week] : [])]) {
      model.spent.set(name, (model.spent.get(name) ?? 0) + microUsd);
    }
    if (model.window === null || now - model.window.start >= model.window.length) return;
    model.window.tokens += tokens;
    model.window.micro += microUsd;
  }

  leave(waiter: string): void {
    this.model.leave(waiter);
  }

  pass(ms: number): void {
    this.now += ms;
  }

  learn(model: string, microUsd: number, tokens: number): void {
    this.model.learned.set(model, { micro: microUsd, tokens });
  }
}

/** The same on a store. What the booking script does at the end of a request is done here by hand. */
class StoreRun {
  private readonly clock = new TestClock(BEGIN);
  private readonly sut: LimitRepository;

  constructor(private readonly store: StoreClient) {
    this.sut = new LimitRepository(store, zone, this.clock);
  }

  ask(request: AdmissionRequest, waiter: string, maxWaiting: number): Promise<AdmissionReply> {
    return this.sut.admit(request, { waiter, maxWaiting });
  }

  async end(id: number, microUsd: number, tokens: number): Promise<void> {
    const { store } = this;
    const { limits: k, usage } = keys;
    await store.zrem(k.concurrency(keyId), `req-${id}`);
    const holds = await store.zrange(k.holds(keyId), 0, -1);
    for (const hold of holds) if (hold.startsWith(`req-${id}:`)) await store.zrem(k.holds(keyId), hold);
    const { day, week } = periodsAt(this.clock.ms);
    const cost = microUsd / 1_000_000;
    await store.incrbyfloat(usage.costTotal(keyId), cost);
    await store.incrbyfloat(usage.costDaily(keyId, day), cost);
    if (id % 2 === 0) await store.incrbyfloat(usage.opusWeekly(keyId, week), cost);
    const start = await store.get(k.windowStart(keyId));
    if (start === null || this.clock.ms - Number(start) >= 600_000) return;
    await store.incrbyfloat(k.windowTokens(keyId), tokens);
    await store.incrbyfloat(k.windowCost(keyId), cost);
  }

  async leave(waiter: string): Promise<void> {
    await this.sut.leaveQueue(keyId, waiter);
  }

  async pass(ms: number): Promise<void> {
    this.clock.ms += ms;
  }

  async learn(model: string, microUsd: number, tokens: number): Promise<void> {
    const learned = { [`c:${model}`]: String(microUsd), [`t:${model}`]: String(tokens) };
    await this.store.hset(keys.limits.estimates(keyId), learned);
  }
}

/** Every reply of a history, in order. */
async function play(run: ModelRun | StoreRun, history: readonly Step[]): Promise<readonly AdmissionReply[]> {
  const replies: AdmissionReply[] = [];
  const waiters = new Map<number, string>();
  for (const each of history) {
    switch (each.kind) {
      case 'ask': {
        const place = each.maxWaiting === 0 ? '' : (waiters.get(each.id) ?? '');
        const reply = await run.ask(requestOf(each.id, each.limits), place, each.maxWaiting);
        if (reply.kind === 'busy' && reply.waiter !== '') waiters.set(each.id, reply.waiter);
        else waiters.delete(each.id);
        replies.push(reply);
        break;
      }
      case 'end':
        await run.end(each.id, each.microUsd, each.tokens);
        break;
      case 'leave':
        await run.leave(waiters.get(each.id) ?? 'nobody');
        waiters.delete(each.id);
        break;
      case 'pass':
        await run.pass(each.ms);
        break;
      case 'learn':
        await run.learn(each.model, each.microUsd, each.tokens);
    }
  }
  return replies;
}

describe('admit-request', () => {
  const program = findRedisServer();
  let server: RedisServer | null = null;
  let redis: RedisStore | null = null;
  beforeAll(async () => {
    if (program === null) return;
    server = await startRedisServer(program);
    redis = await openRedisStore(server);
  });
  afterAll(async () => {
    await redis?.quit();
    await server?.stop();
  });

  it('keeps the rules, in TypeScript and in Lua, for any history of a key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(histories, queues), async (history) => {
        const embedded = openSqliteStore(':memory:');
        try {
          const replies = await play(new StoreRun(embedded), history);
          expect(replies).toEqual(await play(new ModelRun(), history));
          if (redis === null) return;
          await redis.flushall();
          expect(await play(new StoreRun(redis), history)).toEqual(replies);
          const expected = await dumpStore(embedded);
          expect(withLivesOf(await dumpStore(redis), expected)).toEqual(expected);
        } finally {
          await embedded.quit();
        }
      }),
      { numRuns: 400 },
    );
  });
});
