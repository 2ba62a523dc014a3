import { beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import type { CreatedKey } from './admin-client.ts';
import { eventually } from './eventually.ts';
import { type RaceRig, UPSTREAM } from './race-rig.ts';
import type { Answer } from './simulator/raw-call.ts';

const RACERS = 200;
/** Whole micro-USD at any price that is a multiple of a cent per million tokens. */
const USAGE = { inputTokens: 1000, outputTokens: 200, ephemeral5mTokens: 0, ephemeral1hTokens: 0, cacheReadTokens: 0 };
const LONG_WAIT_MS = 15_000;
const WINDOW_MINUTES = 5;

interface KeyStats {
  readonly total: Readonly<Record<string, number>>;
  readonly today: Readonly<Record<string, number>>;
  readonly limits: { readonly daily: Readonly<Record<'used' | 'held' | 'remaining', number>> };
}

const almost = (value: number): unknown => expect.closeTo(value, 6);
const isServed = ({ status }: Answer): boolean => status === 200;
const usdOf = (text: string | null): number => Number(text ?? 0);

/** What must hold however many requests race on a key, wherever they come in. `theRig` is asked when a case runs. */
export function describeRaces(theRig: () => RaceRig): void {
  describe(`${String(RACERS)} requests at once on one key`, () => {
    let rig: RaceRig;
    beforeEach(() => {
      rig = theRig();
      rig.reset();
      rig.simulator.setDefault(UPSTREAM, { usage: USAGE });
    });

    const hits = (): number => rig.simulator.requests(UPSTREAM).length;
    const statsOf = (key: CreatedKey) => rig.api<KeyStats>('GET', `/keys/${key.id}/stats`);

    /** A key that has been used once, with what that cost in USD. */
    const experiencedKey = async (): Promise<CreatedKey & { readonly cost: number }> => {
      const key = await rig.key({ dailyCostLimit: 1000 });
      expect((await rig.ask(key)).status).toBe(200);
      const { total } = await statsOf(key);
      return { ...key, cost: total['costUsd'] ?? 0 };
    };

    /** The ledger has what the upstream has billed, to the token and to the cent. */
    const expectBilled = async (key: CreatedKey, requests: number, costUsd: number): Promise<void> => {
      const { hasCacheSplit: _split, ...billed } = rig.simulator.usage(UPSTREAM);
      const { total, today } = await eventually(async () => {
        const stats = await statsOf(key);
        return stats.total['requests'] === requests ? stats : null;
      });
      for (const figures of [total, today]) {
        expect(figures).toMatchObject({ requests, ...billed });
        expect(figures['costUsd']).toBeCloseTo(costUsd, 9);
      }
      const [, days] = await rig.store.scan('0', 'MATCH', keys.usage.costDaily(key.id, '*'), 'COUNT', 100_000);
      const stored = await Promise.all([keys.usage.costTotal(key.id), ...days].map((each) => rig.store.get(each)));
      expect(days).toHaveLength(1);
      for (const text of stored) expect(usdOf(text)).toBeCloseTo(costUsd, 9);
      await rig.untilNothingIsHeld(key);
    };

    it('serves what a daily budget has room for, and not one more', async () => {
      const key = await experiencedKey();
      await rig.api('PUT', `/keys/${key.id}`, { dailyCostLimit: 11 * key.cost });
      const answers = await Promise.all(rig.askMany(key, RACERS));
      expect(answers.filter(isServed)).toHaveLength(10);
      expect(hits()).toBe(11);
      for (const answer of answers.filter((each) => !isServed(each))) expectNoBudget(answer);
      await expectBilled(key, 11, 11 * key.cost);
      expect((await rig.ask(key)).status).toBe(402);
    });

    it('spends beyond a budget only what the requests in flight cost more than usual', async () => {
      const key = await experiencedKey();
      await rig.api('PUT', `/keys/${key.id}`, { dailyCostLimit: 11 * key.cost });
      rig.simulator.setDefault(UPSTREAM, {
        usage: { ...USAGE, inputTokens: 2 * USAGE.inputTokens, outputTokens: 2 * USAGE.outputTokens },
        holdAfterEvents: -1,
      });
      const refused: Answer[] = [];
      const asked = rig.askMany(key, RACERS).map(async (answer) => {
        const { status } = await answer;
        if (status !== 200) refused.push(await answer);
        return status;
      });
      await rig.simulator.held(UPSTREAM, 10, LONG_WAIT_MS);
      await eventually(() => Promise.resolve(refused.length === RACERS - 10 ? true : null));
      for (const answer of refused) expectHeld(answer);
      const { daily } = (await statsOf(key)).limits;
      expect([daily.used, daily.held, daily.remaining].map((usd) => usd / key.cost)).toEqual([1, 10, 0].map(almost));
      rig.simulator.release(UPSTREAM);
      await Promise.all(asked);
      expect(hits()).toBe(11);
      // Ten holds of what one usually costs, each of which cost that much more.
      await expectBilled(key, 11, 11 * key.cost + 10 * key.cost);
      rig.simulator.setDefault(UPSTREAM, null);
      expect((await rig.ask(key)).status).toBe(402);
    });

    it('never refuses a long conversation while any budget is left', async () => {
      const messages = [{ role: 'user', content: 'word '.repeat(160_000) }];
      const experienced = await experiencedKey();
      await rig.api('PUT', `/keys/${experienced.id}`, { dailyCostLimit: experienced.cost + 0.000001 });
      // What nothing was learned of is taken to cost what its bytes do: far more than a cent.
      const fresh = await rig.key({ dailyCostLimit: 0.01 });
      for (const key of [experienced, fresh]) {
        expect((await rig.ask(key, { body: { messages } })).status).toBe(200);
        await rig.untilNothingIsHeld(key);
      }
    });

    it('serves as many as a window has requests', async () => {
      const key = await rig.key({ rateLimitWindow: WINDOW_MINUTES, rateLimitRequests: 10 });
      const answers = await Promise.all(rig.askMany(key, RACERS));
      expect(answers.filter(isServed)).toHaveLength(10);
      expect(hits()).toBe(10);
      for (const answer of answers.filter((each) => !isServed(each))) expectWindowFull(answer);
      const { total } = await eventually(async () => {
        const stats = await statsOf(key);
        return stats.total['requests'] === 10 ? stats : null;
      });
      await expectBilled(key, 10, total['costUsd'] ?? 0);
    });

    it('lets as many run at a time as a key may, and everybody in the end', async () => {
      const racers = 40;
      const key = await rig.key({ concurrencyLimit: 5 });
      rig.simulator.setDefault(UPSTREAM, { usage: USAGE, holdAfterEvents: -1 });
      const refusals: Answer[] = [];
      const insist = async (): Promise<void> => {
        for (;;) {
          const answer = await rig.ask(key);
          if (isServed(answer)) return;
          refusals.push(answer);
        }
      };
      const everybody = Promise.all(Array.from({ length: racers }, insist));
      await rig.simulator.held(UPSTREAM, 5, LONG_WAIT_MS);
      await eventually(() => Promise.resolve(refusals.length >= racers ? true : null));
      rig.simulator.setDefault(UPSTREAM, { usage: USAGE, delayMs: 40 });
      rig.simulator.release(UPSTREAM);
      await everybody;
      expect(hits()).toBe(racers);
      expect(rig.simulator.peak(UPSTREAM)).toBe(5);
      for (const answer of refusals) expectHeld(answer);
      await rig.untilNothingIsHeld(key);
    });
  });
}

/** Too many at once: it may work in a second. */
export function expectHeld(answer: Answer): void {
  expect(answer.status).toBe(429);
  expect(answer.headers['retry-after']).toBe('1');
  expect(answer.headers['x-should-retry']).not.toBe('false');
  expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
}

/** The budget is spent, or what is left of it is held by the requests that run. */
function expectNoBudget(answer: Answer): void {
  expect(answer.text).toContain('daily limit');
  if (answer.status === 429) {
    expectHeld(answer);
    return;
  }
  expect(answer.status).toBe(402);
  expect(answer.headers['x-should-retry']).toBe('false');
  expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'billing_error' } });
}

/** Only the next window helps. */
function expectWindowFull(answer: Answer): void {
  expect(answer.status).toBe(429);
  const seconds = Number(answer.headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(WINDOW_MINUTES * 60);
  expect(answer.headers['x-should-retry']).toBe('false');
  expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
}
