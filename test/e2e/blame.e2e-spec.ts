import { describe, expect, it } from '@jest/globals';
import type { SimulatorStep } from '../support/simulator/step.ts';
import type { ApiAnswer } from '../support/test-app.ts';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

describe('who is to blame for a failure', () => {
  const pool = TwoAccounts.forSuite();

  const ofBoth = (step: SimulatorStep): void => {
    for (const name of ['up-a', 'up-b']) pool.simulator.setDefault(name, step);
  };
  const marks = async (): Promise<unknown[]> =>
    Promise.all(
      [pool.first, pool.second].map(async (id) => {
        const { body } = await pool.app.api('GET', `/accounts/claude-console/${id}`);
        return body.marks.map(({ type, name, until }: { type: string; name: string; until: string }) => ({
          type,
          name,
          minutes: Math.ceil((Date.parse(until) - Date.now()) / 60_000),
        }));
      }),
    );
  const ask = (change: object, path = 'messages'): Promise<ApiAnswer> =>
    pool.app.call('POST', `/api/v1/${path}`, { ...questionOf(false), ...change }, pool.headers);

  it.each([
    ['body', { messages: [{ role: 'user', content: [{ type: 'Account not found' }] }] }, {}],
    ['headers', {}, { 'anthropic-beta': 'account not found' }],
  ])('no account, where the upstream quotes words of an account fault from the %s', async (_, change, headers) => {
    const error = { type: 'invalid_request_error', message: "Input tag 'account not found' found using 'type'" };
    ofBoth({ status: 400, error });
    Object.assign(pool.headers, headers);
    expect(await ask(change)).toMatchObject({ status: 400, body: { error } });
    expect(await marks()).toEqual([[], []]);
    ofBoth({});
    expect(await ask({})).toMatchObject({ status: 200 });
  });

  it.each([429, 500, 529, 404])('only the endpoint, where tokens cannot be counted: %d', async (status) => {
    ofBoth({ status, headers: { 'retry-after': '1200' }, for: 'count_tokens' });
    await ask({}, 'messages/count_tokens');
    const type = status === 404 ? 'endpoint_missing' : 'endpoint_limited';
    const one = [expect.objectContaining({ type, name: 'count_tokens' })];
    expect(await marks()).toEqual([one, one]);
    expect(await ask({})).toMatchObject({ status: 200 });
  });

  it('the account for the first failure, and for a moment only where another one fails in the same way', async () => {
    ofBoth({ status: 500 });
    expect((await ask({})).status).toBe(500);
    expect(await marks()).toEqual([
      [{ type: 'cool_down', name: 'server_error', minutes: 5 }],
      [{ type: 'cool_down', name: 'server_error', minutes: 1 }],
    ]);
  });

  it('nobody, where the request is larger than the plan of the account', async () => {
    const message = 'Extra usage is required for long context requests.';
    ofBoth({ status: 429, error: { type: 'rate_limit_error', message } });
    expect(await ask({})).toMatchObject({ status: 429, body: { error: { type: 'rate_limit_error' } } });
    expect(await marks()).toEqual([[], []]);
  });

  it('no model, where a page that is no answer of the API speaks of models', async () => {
    ofBoth({ status: 404, body: '<html><p>See our AI models</p></html>' });
    expect((await ask({})).status).toBe(404);
    expect(await marks()).toEqual([[], []]);
  });

  it.each(['999999999', '-3600', 'Wed, 21 Oct 2099 07:28:00 GMT'])(
    'the account, but not for days where the reset is absurd: %s',
    async (reset) => {
      const error = { type: 'rate_limit_error', message: 'slow down' };
      pool.simulator.setDefault('up-a', { status: 429, headers: { 'retry-after': reset }, error });
      expect((await ask({})).status).toBe(200);
      expect(await marks()).toEqual([[{ type: 'cool_down', name: 'rate_limit', minutes: 5 }], []]);
    },
  );
});
