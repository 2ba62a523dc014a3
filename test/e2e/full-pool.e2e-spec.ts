import { describe, expect, it } from '@jest/globals';
import { expectWhole, TwoAccounts } from '../support/two-accounts.ts';

describe('a gateway that may have one connection to an upstream', () => {
  const pool = TwoAccounts.forSuite({ relay: { firstByteTimeoutMs: 500, holdMs: 60_000 }, egress: { maxSockets: 1 } });

  it('does not blame the accounts for requests that it never came to send', async () => {
    pool.simulator.setDefault('up-a', {
      text: 'The whole answer, in several pieces.',
      deltaChars: 6,
      holdAfterEvents: 4,
    });
    const running = pool.send(true);
    await pool.simulator.held('up-a');
    const queued = await pool.send(true);
    expect(queued).toMatchObject({ status: 504, body: { error: { type: 'timeout_error' } } });
    expect(pool.simulator.log).toHaveLength(1);
    expect((await pool.availability()).available).toBe(true);
    pool.simulator.release('up-a');
    expectWhole(await running, true);
    expect((await pool.send(false)).status).toBe(200);
  });

  it('blames an account that was asked and says nothing', async () => {
    pool.simulator.setDefault('up-a', 'hang');
    expectWhole(await pool.send(true), true);
    expect((await pool.availability()).available).toBe(false);
  });
});
