import { describe, expect, it } from '@jest/globals';
import { CODEX_MODEL, CodexPool } from '../support/codex-pool.ts';
import { LedgerView } from '../support/ledger-view.ts';

describe('a chat that cannot be said in Responses', () => {
  const pool = CodexPool.forSuite();
  const PATH = '/openai/v1/chat/completions';
  const SEVERAL = { model: CODEX_MODEL, messages: [{ role: 'user', content: 'Hello' }], n: 2 };

  it('is answered by the account whose upstream has chats, and nothing is held against the other', async () => {
    await pool.app.api('PUT', `/accounts/codex/${pool.second}`, { providerEndpoint: 'auto' });
    const key = await pool.app.key({ concurrencyLimit: 1 });
    for (const stream of [false, true]) {
      const { status } = await pool.send({ ...SEVERAL, stream }, { authorization: `Bearer ${key.key}` }, PATH);
      expect(status).toBe(200);
    }
    expect(pool.served()).toEqual(['up-b', 'up-b']);
    expect(await new LedgerView(pool.app).records(key.id)).toEqual(
      [1, 2].map(() => expect.objectContaining({ accountId: pool.second }) as unknown),
    );
    expect(await pool.availability()).toMatchObject({ available: true });
    const { body } = await pool.app.api('GET', '/relay/requests?limit=2');
    expect(body).toMatchObject({ items: [1, 2].map(() => ({ attempts: [{ accountId: pool.second }] })) });
  });

  it('is refused where there is no such account, or where it has failed, with the better reason', async () => {
    await pool.app.api('PUT', `/accounts/codex/${pool.second}`, { providerEndpoint: 'responses' });
    const refused = await pool.send(SEVERAL, {}, PATH);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('n: ');
    await pool.app.api('PUT', `/accounts/codex/${pool.second}`, { providerEndpoint: 'auto' });
    pool.simulator.setDefault('up-b', { status: 500 });
    expect((await pool.send(SEVERAL, {}, PATH)).status).toBeGreaterThanOrEqual(500);
  });
});
