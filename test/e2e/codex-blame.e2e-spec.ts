import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CODEX_MODEL, CODEX_TEXT, CodexPool, codexQuestion, textOf } from '../support/codex-pool.ts';
import type { StepLike } from '../support/simulator/step.ts';

const FULL = 300;
const DOUBTFUL = 10;
const UNKNOWN = 60;

describe('who is to blame for a failure of responses', () => {
  const pool = CodexPool.forSuite();

  const ofBoth = (step: StepLike): void => {
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, step);
  };
  /** What keeps each account out of use, and for how long, in seconds. */
  const marks = (): Promise<unknown[]> =>
    Promise.all(
      [pool.first, pool.second].map(async (id) => {
        const { body } = await pool.app.api('GET', `/accounts/codex/${id}`);
        return body.marks.map(({ type, until }: { type: string; until: string }) => [
          type,
          Math.ceil((Date.parse(until) - Date.now()) / 1000),
        ]);
      }),
    );
  const coolDowns = (...seconds: readonly number[]): unknown[] => seconds.map((most) => [['cool_down', about(most)]]);
  const about = (most: number): unknown => ({
    asymmetricMatch: (seconds: unknown) => Number(seconds) <= most && Number(seconds) > most - 6,
  });
  /** In a session of its own, so that `up-a` is asked first. */
  const sendAs = async (authorization: string): Promise<number> =>
    (await pool.send(codexQuestion(true), { authorization, 'session-id': randomUUID() })).status;

  it.each(['openai-organization', 'openai-project', 'chatgpt-account-id'])(
    'nobody by a header that names an account elsewhere: %s',
    async (name) => {
      expect(textOf(await pool.send(codexQuestion(true), { [name]: 'other' }))).toBe(CODEX_TEXT);
      expect(pool.onlyRequest('up-a').headers).not.toHaveProperty(name);
    },
  );

  it('no account that an upstream gives another organization', async () => {
    ofBoth({
      status: 401,
      body: { error: { message: 'no', type: 'invalid_request_error', code: 'mismatched_organization' } },
    });
    await pool.send();
    expect(pool.served()).toEqual(['up-a', 'up-b']);
    expect(await marks()).toEqual([[], []]);
  });

  it.each<[string, StepLike]>([
    [
      'an error',
      { fail: { how: 'error_event', afterEvents: 1, error: { type: 'new', code: 'gone_fishing', message: 'x' } } },
    ],
    ['a page', 'html'],
  ])('the first account alone for what nobody knows: %s', async (_, step) => {
    const { key } = await pool.app.key();
    ofBoth(step);
    await sendAs(`Bearer ${key}`);
    expect(await marks()).toEqual(coolDowns(UNKNOWN, DOUBTFUL));
  });

  describe('where the request comes again', () => {
    const poison = async (): Promise<string> => {
      const { key } = await pool.app.key();
      ofBoth({ status: 500 });
      expect(await sendAs(`Bearer ${key}`)).toBe(500);
      expect(await marks()).toEqual(coolDowns(FULL, DOUBTFUL));
      await pool.resetMarks();
      return `Bearer ${key}`;
    };

    it('no account in full, for all that have failed it have done so before', async () => {
      const authorization = await poison();
      await sendAs(authorization);
      expect(await marks()).toEqual(coolDowns(DOUBTFUL, DOUBTFUL));
    });

    it('the first account, where it comes from somebody else', async () => {
      await poison();
      const { key } = await pool.app.key();
      await sendAs(`Bearer ${key}`);
      expect(await marks()).toEqual(coolDowns(FULL, DOUBTFUL));
    });

    it('the account that fails, once another one has served what it had failed', async () => {
      const authorization = await poison();
      pool.simulator.setDefault('up-b', {});
      expect(await sendAs(authorization)).toBe(200);
      expect(await marks()).toEqual([...coolDowns(DOUBTFUL), []]);
      await pool.resetMarks();
      expect(await sendAs(authorization)).toBe(200);
      expect(await marks()).toEqual([...coolDowns(FULL), []]);
    });
  });

  it('the account, where chat completions fail that are translated to responses', async () => {
    pool.simulator.setDefault('up-a', { status: 500 });
    const question = { model: CODEX_MODEL, messages: [{ role: 'user', content: 'Hello' }] };
    expect((await pool.send(question, {}, '/openai/v1/chat/completions')).status).toBe(200);
    expect(await marks()).toEqual([...coolDowns(FULL), []]);
  });
});
