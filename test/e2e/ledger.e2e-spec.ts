import { NO_TOKENS } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerView } from '../support/ledger-view.ts';
import type { SimulatedUsage, StepLike } from '../support/simulator/step.ts';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

const MODEL = 'claude-opus-5-5';
const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const start = (usage?: object): string => event('message_start', { message: { model: MODEL, content: [], usage } });
const delta = (usage: object): string => event('message_delta', { delta: { stop_reason: 'end_turn' }, usage });
const BLOCK = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const TEXT = event('content_block_delta', {
  index: 0,
  delta: { type: 'text_delta', text: 'Forty bytes of text, counted one by one.' },
});
const STOP = event('message_stop', {});
const WITHOUT_USAGE = { model: MODEL, type: 'message', content: [{ type: 'text', text: 'An answer.' }] };
const INPUT_BY_LENGTH = (stream: boolean): number => Math.ceil(JSON.stringify(questionOf(stream)).length / 4);

/** Figures of a stream that tells them in several events; the last word of each counts. */
const IN_CHUNKS: StepLike = {
  events: [
    start({
      input_tokens: 100,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 20 },
      cache_read_input_tokens: 7,
      output_tokens: 1,
    }),
    BLOCK,
    TEXT,
    delta({ output_tokens: 11 }),
    delta({ output_tokens: 23, cache_read_input_tokens: 9 }),
    STOP,
  ],
};
const CHUNKED = {
  inputTokens: 100,
  outputTokens: 23,
  cacheCreateTokens: 50,
  cacheReadTokens: 9,
  ephemeral5mTokens: 30,
  ephemeral1hTokens: 20,
};
const SPLIT: Partial<SimulatedUsage> = {
  inputTokens: 40,
  outputTokens: 31,
  ephemeral5mTokens: 811,
  ephemeral1hTokens: 307,
  cacheReadTokens: 20_011,
};

describe('what is booked', () => {
  const pool = TwoAccounts.forSuite();
  let books: LedgerView;
  let key: { id: string; key: string };

  beforeEach(async () => {
    books = new LedgerView(pool.app);
    key = await pool.app.key();
    pool.headers = { ...pool.headers, 'x-api-key': key.key };
  });

  const totalOf = async (): Promise<Record<string, number>> =>
    (await pool.app.api('GET', `/keys/${key.id}/stats`)).body.total;

  it.each<[string, boolean, StepLike, object]>([
    ['the classes of cache writes of a whole answer', false, { usage: SPLIT }, { ...SPLIT, cacheCreateTokens: 1_118 }],
    ['the classes of cache writes of a stream', true, { usage: SPLIT }, { ...SPLIT, cacheCreateTokens: 1_118 }],
    ['figures that come over several events', true, IN_CHUNKS, CHUNKED],
  ])('is the last word of the upstream on %s', async (_, stream, step, expected) => {
    pool.simulator.setDefault('up-a', step);
    expect((await pool.send(stream)).status).toBe(200);
    expect(await books.records(key.id)).toEqual([
      expect.objectContaining({ ...expected, model: MODEL, accountId: pool.first, stream, statusCode: 200 }),
    ]);
    const [record] = await books.records(key.id);
    expect(record).not.toHaveProperty('estimated');
    expect(await totalOf()).toMatchObject({ requests: 1, ...expected });
  });

  it.each(['reset', 'cut', 'truncate', 'error_event'] as const)(
    'is the input and a floor of the output where a stream breaks behind its content by %s',
    async (how) => {
      const step = { text: 'x'.repeat(400), deltaChars: 100, usage: { ...SPLIT, outputTokens: 500 } };
      pool.simulator.setDefault('up-a', { ...step, fail: { how, afterEvents: 4 } });
      await pool.send(true);
      const [record, ...others] = await books.records(key.id);
      expect(others).toEqual([]);
      expect(record).toMatchObject({ ...SPLIT, outputTokens: 50, cacheCreateTokens: 1_118, estimated: true });
      expect(record).not.toHaveProperty('usageMissing');
    },
  );

  describe('of an answer that came whole and told no figures', () => {
    const wholeLength = JSON.stringify(WITHOUT_USAGE).length;
    const cases: readonly [string, boolean, StepLike, number][] = [
      ['a whole answer', false, { body: WITHOUT_USAGE }, Math.ceil(wholeLength / 4)],
      ['figures that are none', false, { body: { ...WITHOUT_USAGE, usage: {} } }, Math.ceil((wholeLength + 11) / 4)],
      ['a stream', true, { events: [start(), BLOCK, TEXT, STOP] }, 10],
      ['a stream without text', true, { events: [start(), STOP] }, 0],
    ];

    it.each(cases)('is its length, flagged and priced: %s', async (_, stream, step, outputTokens) => {
      pool.simulator.setDefault('up-a', step);
      expect((await pool.send(stream)).status).toBe(200);
      const expected = { ...NO_TOKENS, inputTokens: INPUT_BY_LENGTH(stream), outputTokens };
      const { hasCacheSplit: _split, ...tokens } = expected;
      const [record, ...others] = await books.records(key.id);
      expect(others).toEqual([]);
      expect(record).toMatchObject({ ...tokens, estimated: true, usageMissing: true });
      expect(record.realCost).toBeGreaterThan(0);
      expect(await totalOf()).toMatchObject({ requests: 1, inputTokens: expected.inputTokens, outputTokens });
    });

    it.each<[string, object, 'inputTokens' | 'outputTokens']>([
      ['its input', { input_tokens: 1e30, output_tokens: 5 }, 'inputTokens'],
      ['its input below zero', { input_tokens: -5, output_tokens: 5 }, 'inputTokens'],
      ['its output', { input_tokens: 5, output_tokens: Number.MAX_SAFE_INTEGER }, 'outputTokens'],
      [
        'what it has read from the cache',
        { input_tokens: 1, output_tokens: 5, cache_read_input_tokens: 1e9 },
        'inputTokens',
      ],
    ])('is the length where it told %s as no number of tokens', async (_, usage, side) => {
      const body = { ...WITHOUT_USAGE, usage };
      pool.simulator.setDefault('up-a', { body });
      await pool.send(false);
      const [record] = await books.records(key.id);
      const byLength = {
        inputTokens: INPUT_BY_LENGTH(false),
        outputTokens: Math.ceil(JSON.stringify(body).length / 4),
      };
      expect(record).toMatchObject({ inputTokens: 5, outputTokens: 5, [side]: byLength[side], usageMissing: true });
    });

    it('teaches nothing about what requests of this key cost', async () => {
      const store = pool.app.app.get<StoreClient>(STORE_CLIENT);
      const learned = async (): Promise<unknown> => {
        await pool.app.flushed();
        return store.hgetall(keys.limits.estimates(key.id));
      };
      pool.simulator.setDefault('up-a', { body: WITHOUT_USAGE });
      await pool.send(false);
      expect(await learned()).toEqual({});
      pool.simulator.setDefault('up-a', { usage: SPLIT });
      await pool.send(false);
      expect(await learned()).not.toEqual({});
    });
  });

  it.each<[string, boolean, StepLike, StepLike]>([
    ['every account fails', true, 'overloaded', 'server_error'],
    ['every account fails without a stream', false, 'overloaded', 'reset'],
    ['the upstream refuses it', false, 'bad_request', 'ok'],
    ['the upstream refuses its stream', true, 'too_large', 'ok'],
  ])('is nothing where %s', async (_, stream, first, second) => {
    pool.simulator.setDefault('up-a', first);
    pool.simulator.setDefault('up-b', second);
    expect((await pool.send(stream)).status).toBeGreaterThanOrEqual(400);
    expect(await books.records(key.id)).toEqual([]);
    expect((await totalOf()).requests).toBe(0);
  });
});
