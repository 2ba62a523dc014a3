import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { questionOf, TwoAccounts } from '../support/two-accounts.ts';

describe('a client that stops reading for longer than an upstream may be silent', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: 1000 } });

  it('does not take the silence of a slow client for the silence of the upstream', async () => {
    pool.simulator.setDefault('up-a', { textBytes: 16 * 1024 * 1024, deltaChars: 64 * 1024 });
    const outgoing = request(`${pool.app.url}/api/v1/messages`, {
      method: 'POST',
      agent: false,
      headers: { ...pool.headers, 'content-type': 'application/json' },
    });
    outgoing.end(JSON.stringify(questionOf(true)));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    // Longer than UPSTREAM_IDLE_TIMEOUT of this gateway.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    let tail = '';
    for await (const chunk of response as AsyncIterable<Buffer>) tail = (tail + chunk.toString()).slice(-200);
    expect(tail).toContain('message_stop');
    const availability = await pool.availability();
    expect(availability.available).toBe(true);
  });
});
