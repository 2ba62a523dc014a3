import { type IncomingMessage, request } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { LedgerView } from '../support/ledger-view.ts';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

const [DISPATCHED, INPUT, SETTLED] = ['dispatched', 'input', 'settled'] as const;
/** Events of an answer of one piece of text, and how many stand before the last one. */
const ALL_EVENTS = 6;
const BEFORE_FINAL = ALL_EVENTS - 1;
const ANSWER = { text: 'One piece.', usage: { inputTokens: 77 } };

describe('the journal', () => {
  const pool = TwoAccounts.forSuite();
  let books: LedgerView;
  let before: number;

  beforeEach(() => {
    books = new LedgerView(pool.app);
    before = books.notes().length;
  });

  /** Those of this case; batches are none of a request. */
  const newNotes = () =>
    books
      .notes()
      .slice(before)
      .filter(({ kind }) => kind !== 'batch' && kind !== 'confirmed');
  const newKinds = (): string[] => newNotes().map(({ kind }) => kind);

  /** Sends a question; `onData` is told of all that has come so far, in the moment in which it comes. */
  const send = async (stream: boolean, onData: (text: string, answer: IncomingMessage) => void): Promise<void> => {
    const { headers } = pool;
    const outgoing = request(`${pool.app.url}/api/v1/messages`, { method: 'POST', agent: false, headers });
    const ended = new Promise<void>((resolve, reject) => {
      outgoing.once('error', reject);
      outgoing.once('response', (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          onData(text, answer);
        });
        answer.once('end', resolve);
        answer.once('error', reject);
      });
    });
    outgoing.end(JSON.stringify(questionOf(stream)));
    await ended;
  };

  it.each([true, false])('has a request before its account does; stream: %s', async (stream) => {
    pool.simulator.setDefault('up-a', { ...ANSWER, holdAfterEvents: -1 });
    const answer = pool.send(stream);
    await pool.simulator.held('up-a');
    expect(newNotes()).toEqual([
      { kind: DISPATCHED, report: expect.objectContaining({ accountId: pool.first, estimated: true }), waste: [] },
    ]);
    pool.simulator.release('up-a');
    expect((await answer).status).toBe(200);
  });

  it('has it again before the next account does', async () => {
    pool.simulator.setDefault('up-a', { ...ANSWER, fail: { how: 'error_event', afterEvents: 1 } });
    pool.simulator.setDefault('up-b', { ...ANSWER, holdAfterEvents: -1 });
    const answer = pool.send(true);
    await pool.simulator.held('up-b');
    expect(newKinds()).toEqual([DISPATCHED, INPUT, DISPATCHED]);
    expect(newNotes().at(-1)).toMatchObject({
      report: { accountId: pool.second },
      waste: [{ accountId: pool.first }],
    });
    pool.simulator.release('up-b');
    expect((await answer).status).toBe(200);
  });

  it('has the input of a stream as soon as the upstream has told it', async () => {
    pool.simulator.setDefault('up-a', { ...ANSWER, holdAfterEvents: 1 });
    const answer = pool.send(true);
    await pool.simulator.held('up-a');
    await eventually(async () => (newKinds().length === 2 ? true : null));
    expect(newNotes().at(-1)).toMatchObject({ kind: INPUT, input: { usage: { inputTokens: 77 } } });
    pool.simulator.release('up-a');
    expect((await answer).status).toBe(200);
  });

  it('has the end of a stream before the client has its last event, and not before the upstream has sent it', async () => {
    pool.simulator.setDefault('up-a', { ...ANSWER, holdAfterEvents: BEFORE_FINAL });
    const kindsAt: string[][] = [];
    const answer = send(true, (text) => {
      if (text.includes('event: message_stop')) kindsAt.push(newKinds());
    });
    await pool.simulator.held('up-a');
    expect(newKinds()).not.toContain(SETTLED);
    pool.simulator.release('up-a');
    await answer;
    expect(kindsAt[0]).toEqual([DISPATCHED, INPUT, SETTLED]);
    expect(newKinds()).toEqual([DISPATCHED, INPUT, SETTLED]);
  });

  it('has it before the last event, however long the upstream takes to end its answer behind that', async () => {
    pool.simulator.setDefault('up-a', { ...ANSWER, holdAfterEvents: ALL_EVENTS });
    const kindsAt: string[][] = [];
    await send(true, (text) => {
      if (!text.includes('event: message_stop')) return;
      kindsAt.push(newKinds());
      pool.simulator.release('up-a');
    });
    expect(kindsAt[0]).toEqual([DISPATCHED, INPUT, SETTLED]);
  });

  it('has the end of a whole answer before its first byte', async () => {
    pool.simulator.setDefault('up-a', ANSWER);
    const kindsAt: string[][] = [];
    await send(false, () => kindsAt.push(newKinds()));
    expect(kindsAt[0]).toEqual([DISPATCHED, SETTLED]);
  });

  it('has the end of a broken stream before the client learns of it', async () => {
    pool.simulator.setDefault('up-a', { preset: 'mid_error', text: 'x'.repeat(200) });
    const kindsAt: string[][] = [];
    await send(true, (text) => {
      if (text.includes('event: error')) kindsAt.push(newKinds());
    }).catch(() => undefined);
    expect(kindsAt[0]).toEqual([DISPATCHED, INPUT, SETTLED]);
  });

  it.each([
    ['that every account has failed', 'overloaded', 'overloaded', 2],
    ['that the upstream has refused', 'bad_request', 'ok', 1],
  ])('has the end of a request %s, with nothing to book', async (_, first, second, sends) => {
    pool.simulator.setDefault('up-a', first);
    pool.simulator.setDefault('up-b', second);
    expect((await pool.send(true)).status).toBeGreaterThanOrEqual(400);
    expect(newKinds()).toEqual([...Array.from({ length: sends }, () => DISPATCHED), SETTLED]);
    expect(newNotes().at(-1)).toMatchObject({ settlement: { record: null, waste: [] } });
  });

  it('has nothing of a count of tokens', async () => {
    const counted = await pool.app.call('POST', '/api/v1/messages/count_tokens', questionOf(false), pool.headers);
    expect(counted.status).toBe(200);
    expect(newKinds()).toEqual([]);
  });

  it('has nothing of a request that a limit refuses', async () => {
    const { key } = await pool.app.key({ rateLimitWindow: 60, rateLimitRequests: 1 });
    pool.headers = { ...pool.headers, 'x-api-key': key };
    expect((await pool.send(false)).status).toBe(200);
    const served = newKinds();
    expect((await pool.send(false)).status).toBe(429);
    expect(newKinds()).toEqual(served);
  });

  it('has nothing of an answer of the gateway itself', async () => {
    await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { interceptWarmup: true });
    try {
      const warmup = { ...questionOf(false), max_tokens: 1, messages: [{ role: 'user', content: 'Warmup' }] };
      const answer = await pool.app.call('POST', '/api/v1/messages', warmup, pool.headers);
      expect(answer.status).toBe(200);
      expect(pool.simulator.log).toEqual([]);
      expect(newKinds()).toEqual([]);
    } finally {
      await pool.app.api('PUT', `/accounts/claude-console/${pool.first}`, { interceptWarmup: false });
    }
  });
});
