import { createHash, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const mappingKey = (id: string): string => `unified_openai_session_mapping:${sha256(id)}`;
const NO_SESSION = { 'session-id': '' };

describe('a session of codex', () => {
  const pool = CodexPool.forSuite();

  /** By what name a request can show its session, the most telling first. */
  const NAMES: readonly (readonly [
    name: string,
    show: (id: string) => readonly [headers: Record<string, string>, body: object],
  ])[] = [
    ['the header session-id', (id) => [{ 'session-id': id }, {}]],
    ['the header session_id', (id) => [{ ...NO_SESSION, session_id: id }, {}]],
    ['the header x-session-id', (id) => [{ ...NO_SESSION, 'x-session-id': id }, {}]],
    ['session_id in the body', (id) => [NO_SESSION, { session_id: id }]],
    ['conversation_id in the body', (id) => [NO_SESSION, { conversation_id: id }]],
    ['prompt_cache_key in the body', (id) => [NO_SESSION, { prompt_cache_key: id }]],
  ];

  it.each(NAMES)('is known by %s, and kept as v1 keeps it', async (_, show) => {
    const id = randomUUID();
    const [headers, change] = show(id);
    expect(textOf(await pool.send(codexQuestion(true, change), headers))).toBe(CODEX_TEXT);
    const mapping = await pool.store.get(mappingKey(id));
    expect(JSON.parse(mapping ?? 'null')).toEqual({ accountId: pool.first, accountType: 'openai-responses' });
    expect(await pool.store.pttl(mappingKey(id))).toBeGreaterThan(14 * 86_400_000);
  });

  it.each(NAMES)('that v1 has mapped by %s stays with its account', async (_, show) => {
    const id = randomUUID();
    const [headers, change] = show(id);
    const mapping = JSON.stringify({ accountId: pool.second, accountType: 'openai-responses' });
    await pool.store.set(mappingKey(id), mapping, 'PX', 3_600_000);
    await pool.send(codexQuestion(true, change), headers);
    expect(pool.served()).toEqual(['up-b']);
  });

  it("has v1's hash", () => {
    expect(sha256('sess-123')).toBe('c8d9cf2851b3e2ac6f87788b7745331aa494be99f6011bb2b2c48fa20a992fa4');
  });

  it('goes by the header where the body names another one', async () => {
    const inBody = randomUUID();
    await pool.send(codexQuestion(true, { prompt_cache_key: inBody }));
    expect(await pool.store.get(mappingKey(pool.session))).not.toBeNull();
    expect(await pool.store.get(mappingKey(inBody))).toBeNull();
  });

  it('of which v1 has mapped another kind of account is a new one', async () => {
    const mapping = JSON.stringify({ accountId: pool.second, accountType: 'openai' });
    await pool.store.set(mappingKey(pool.session), mapping, 'PX', 3_600_000);
    await pool.send();
    expect(pool.served()).toEqual(['up-a']);
  });

  it('moves to the account that has taken over, and stays there', async () => {
    await pool.send();
    pool.simulator.script('up-a', ['unavailable']);
    await pool.send();
    await pool.resetMarks();
    await pool.send();
    expect(pool.served()).toEqual(['up-a', 'up-a', 'up-b', 'up-b']);
    expect(JSON.parse((await pool.store.get(mappingKey(pool.session))) ?? 'null')).toMatchObject({
      accountId: pool.second,
    });
  });

  it('is not moved by an account that has failed, too', async () => {
    await pool.send();
    pool.simulator.script('up-a', ['unavailable']);
    pool.simulator.script('up-b', ['unavailable']);
    expect((await pool.send()).status).toBe(503);
    expect(JSON.parse((await pool.store.get(mappingKey(pool.session))) ?? 'null')).toMatchObject({
      accountId: pool.first,
    });
  });
});

describe('the turn state of codex', () => {
  const pool = CodexPool.forSuite();
  const STATE = 'x-codex-turn-state';

  beforeEach(() => {
    for (const key of ['up-a', 'up-b']) {
      pool.simulator.setDefault(key, { text: CODEX_TEXT, headers: { [STATE]: `state of ${key}` } });
    }
  });

  const turn = async (state?: string): Promise<string | null> => {
    const answer = await pool.send(codexQuestion(true), state === undefined ? {} : { [STATE]: state });
    expect(textOf(answer)).toBe(CODEX_TEXT);
    return answer.headers.get(STATE);
  };
  const stateSent = (): unknown => pool.simulator.log.at(-1)?.headers[STATE];

  it.each([true, false])('goes to the client and back to the same account (stream: %s)', async (stream) => {
    const first = await pool.send(codexQuestion(stream));
    expect(first.headers.get(STATE)).toBe('state of up-a');
    expect(stateSent()).toBeUndefined();
    await turn('state of up-a');
    expect(pool.served()).toEqual(['up-a', 'up-a']);
    expect(stateSent()).toBe('state of up-a');
  });

  it('is left out where another account takes over, within the turn and after it', async () => {
    await turn();
    pool.simulator.script('up-a', ['unavailable']);
    expect(await turn('state of up-a')).toBe('state of up-b');
    expect(pool.served()).toEqual(['up-a', 'up-a', 'up-b']);
    expect(stateSent()).toBeUndefined();
    await turn('state of up-b');
    expect(pool.served().at(-1)).toBe('up-b');
    expect(stateSent()).toBe('state of up-b');
  });

  it('is left out of the first request to another account while the own one is resting', async () => {
    await turn();
    pool.simulator.script('up-a', ['unavailable']);
    await pool.send(codexQuestion(true), { 'session-id': 'somebody-else' });
    await turn('state of up-a');
    expect(pool.served().at(-1)).toBe('up-b');
    expect(stateSent()).toBeUndefined();
  });
});
