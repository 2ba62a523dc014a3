import { request } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { LedgerView } from '../support/ledger-view.ts';
import type { Failure, SimulatorStep } from '../support/simulator/step.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

const USAGE = { inputTokens: 1_000, outputTokens: 40, ephemeral5mTokens: 200, cacheReadTokens: 3_000 };
/** What a stream has told when it fails behind its first event. */
const TOLD = {
  requests: 1,
  inputTokens: 1_000,
  outputTokens: 1,
  cacheCreateTokens: 200,
  cacheReadTokens: 3_000,
  ephemeral5mTokens: 200,
};
const NOTHING = { requests: 0, inputTokens: 0, outputTokens: 0, realMicroUsd: 0 };

const started = (fail: Failure): SimulatorStep => ({ usage: USAGE, text: 'Never seen.', fail });
const BLAMES_REQUEST = { type: 'invalid_request_error', message: 'max_tokens: must be at least 1' };

describe('what an attempt has cost that led to no answer', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: 400 } });
  let books: LedgerView;
  let key: { id: string; key: string };
  let before: { readonly waste: Awaited<ReturnType<LedgerView['wasteOf']>>; readonly quota: number };

  beforeEach(async () => {
    books = new LedgerView(pool.app);
    key = await pool.app.key();
    pool.headers = { ...pool.headers, 'x-api-key': key.key };
    before = { waste: await books.wasteOf(pool.first), quota: await books.quotaSpent(pool.first) };
  });

  /** Of this case. */
  const wasteOfFirst = async (): Promise<Record<string, number>> => {
    const now = await books.wasteOf(pool.first);
    return Object.fromEntries(
      Object.entries(now).map(([name, value]) => [name, value - before.waste[name as keyof typeof now]]),
    );
  };

  const expectWasted = async (): Promise<void> => {
    const waste = await wasteOfFirst();
    expect(waste).toMatchObject(TOLD);
    expect(waste['realMicroUsd']).toBeGreaterThan(0);
    const spent = (await books.quotaSpent(pool.first)) - before.quota;
    expect(Math.round(spent * 1e6)).toBeCloseTo(waste['realMicroUsd'] ?? 0, -1);
  };

  it.each<[string, Failure]>([
    ['an error event', { how: 'error_event', afterEvents: 1 }],
    ['an error event behind an opened block', { how: 'error_event', afterEvents: 2 }],
    ['a reset', { how: 'reset', afterEvents: 1 }],
    ['a cut', { how: 'cut', afterEvents: 1 }],
    ['its end', { how: 'truncate', afterEvents: 1 }],
    ['silence', { how: 'hang', afterEvents: 1 }],
  ])('is booked on its account alone: %s', async (_, fail) => {
    pool.simulator.setDefault('up-a', started(fail));
    expectWhole(await pool.send(true), true);
    await expectWasted();
    const records = await books.records(key.id);
    expect(records).toEqual([expect.objectContaining({ accountId: pool.second })]);
    const { inputTokens } = pool.simulator.usage('up-b');
    const { total } = (await pool.app.api('GET', `/keys/${key.id}/stats`)).body;
    expect(total).toMatchObject({ requests: 1, inputTokens });
    expect(await books.wasteOf(pool.second)).toMatchObject(NOTHING);
  });

  it('is booked where the request fails in the end, and nothing on the key', async () => {
    pool.simulator.setDefault('up-a', started({ how: 'error_event', afterEvents: 1 }));
    pool.simulator.setDefault('up-b', 'overloaded');
    expect((await pool.send(true)).status).toBe(529);
    await expectWasted();
    expect(await books.records(key.id)).toEqual([]);
    expect((await pool.app.api('GET', `/keys/${key.id}/stats`)).body.total.requests).toBe(0);
  });

  it('is booked where the upstream blames the request', async () => {
    pool.simulator.setDefault('up-a', started({ how: 'error_event', afterEvents: 1, error: BLAMES_REQUEST }));
    expect((await pool.send(true)).status).toBe(400);
    expect(pool.simulator.requests('up-b')).toEqual([]);
    await expectWasted();
    expect(await books.records(key.id)).toEqual([]);
  });

  it('is booked where the client leaves while the next account is asked', async () => {
    pool.simulator.setDefault('up-a', started({ how: 'error_event', afterEvents: 1 }));
    pool.simulator.setDefault('up-b', { holdAfterEvents: -1 });
    const outgoing = request(`${pool.app.url}/api/v1/messages`, {
      method: 'POST',
      agent: false,
      headers: pool.headers,
    });
    outgoing.on('error', () => undefined);
    outgoing.end(JSON.stringify(questionOf(true)));
    await pool.simulator.held('up-b');
    outgoing.destroy();
    const records = await eventually(async () => {
      const found = await books.records(key.id);
      return found.length === 0 ? null : found;
    });
    expect(records).toEqual([
      expect.objectContaining({ accountId: pool.second, estimated: true, inputTokens: 0, outputTokens: 0 }),
    ]);
    await expectWasted();
  });

  it.each<[string, boolean, SimulatorStep]>([
    ['fails before it has told any', true, started({ how: 'error_event', afterEvents: 0 })],
    ['refuses to answer', true, { preset: 'overloaded' }],
    ['breaks off in a whole answer', false, started({ how: 'reset', afterEvents: 1 })],
  ])('is nothing that is known where an upstream %s', async (_, stream, step) => {
    pool.simulator.setDefault('up-a', step);
    expectWhole(await pool.send(stream), stream);
    expect(await wasteOfFirst()).toMatchObject(NOTHING);
  });
});
