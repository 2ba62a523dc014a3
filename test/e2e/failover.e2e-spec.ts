import { describe, expect, it } from '@jest/globals';
import type { StepLike } from '../support/simulator/step.ts';
import { expectWhole, questionOf, TwoAccounts } from '../support/two-accounts.ts';

interface Fault {
  readonly name: string;
  readonly step: StepLike;
  /** What keeps the account out of use afterwards. */
  readonly reasons: readonly string[];
  /** How often the account is asked; once, unless its connection may have been a stale one. */
  readonly asked?: number;
}

const FAULTS: readonly Fault[] = [
  { name: '500', step: 'server_error', reasons: ['cooling_down'] },
  { name: '502 with a page', step: 'bad_gateway', reasons: ['cooling_down'] },
  { name: '503', step: 'unavailable', reasons: ['cooling_down'] },
  { name: '529', step: 'overloaded', reasons: ['cooling_down'] },
  { name: '429 with a reset', step: 'rate_limited', reasons: ['rate_limited'] },
  { name: '429 without a reset', step: 'rate_limited_no_reset', reasons: ['rate_limited'] },
  { name: '401', step: 'unauthorized', reasons: ['cooling_down'] },
  { name: '402', step: 'payment', reasons: ['cooling_down'] },
  { name: '403', step: 'forbidden', reasons: ['cooling_down'] },
  {
    name: 'a disabled organization',
    step: { status: 400, error: { type: 'invalid_request_error', message: 'This organization has been disabled.' } },
    reasons: ['cooling_down'],
  },
  { name: 'a reset before the head', step: 'reset', reasons: ['cooling_down'], asked: 2 },
  { name: 'garbage before the head', step: 'garbage', reasons: ['cooling_down'] },
  { name: 'a page with status 200', step: 'html', reasons: ['cooling_down'] },
  { name: 'an empty body with status 200', step: 'empty', reasons: ['cooling_down'] },
  { name: 'an error body with status 200', step: 'error_body', reasons: ['cooling_down'] },
  {
    name: 'an answer in an encoding that nobody knows',
    step: { headers: { 'content-encoding': 'x-vendor' } },
    reasons: ['cooling_down'],
  },
];

const STREAM_FAULTS: readonly Fault[] = [
  { name: 'an error event first', step: 'early_error', reasons: ['cooling_down'] },
  { name: 'an error event behind message_start', step: 'error_after_start', reasons: ['cooling_down'] },
  { name: 'a silent upstream', step: 'hang_after_head', reasons: ['cooling_down'] },
  { name: 'no head', step: 'hang', reasons: ['cooling_down'] },
  {
    name: 'a stream that is cut behind message_start',
    step: { fail: { how: 'cut', afterEvents: 1 } },
    reasons: ['cooling_down'],
  },
  {
    name: 'a stream that ends behind message_start',
    step: { fail: { how: 'truncate', afterEvents: 1 } },
    reasons: ['cooling_down'],
  },
];

describe('failing over', () => {
  const pool = TwoAccounts.forSuite({ relay: { idleTimeoutMs: 800, firstByteTimeoutMs: 800, holdMs: 100 } });

  const cases = [
    ...FAULTS.flatMap((fault) => [true, false].map((stream) => ({ ...fault, stream }))),
    ...STREAM_FAULTS.map((fault) => ({ ...fault, stream: true })),
  ];

  it.each(cases)(
    'hides $name of the first account (stream: $stream) and marks it',
    async ({ step, stream, reasons, asked = 1 }) => {
      pool.simulator.setDefault('up-a', step);
      const answer = await pool.send(stream);
      expectWhole(answer, stream);
      expect(pool.simulator.requests('up-a')).toHaveLength(asked);
      expect(pool.simulator.requests('up-b')).toHaveLength(1);
      const availability = await pool.availability();
      expect(availability).toMatchObject({ available: false, reasons });
    },
  );

  it.each(cases)('answers honestly when $name is all there is (stream: $stream)', async ({ step, stream }) => {
    pool.simulator.setDefault('up-a', step);
    pool.simulator.setDefault('up-b', step);
    const answer = await pool.send(stream);
    if (answer.status === 200) {
      // Pings had been sent already: the error comes as an event, and the connection is cut.
      expect(answer.isCut).toBe(true);
      expect(String(answer.body)).toMatch(/^(event: ping\ndata: [^\n]*\n\n)+event: error\ndata: /);
    } else {
      expect(answer.status).toBeGreaterThanOrEqual(429);
      expect(answer.body).toMatchObject({
        type: 'error',
        error: { type: expect.any(String), message: expect.any(String) },
      });
      expect(answer.headers.get('retry-after') ?? answer.headers.get('x-should-retry')).toBeTruthy();
    }
    expect([401, 402, 403]).not.toContain(answer.status);
  });

  it.each([
    ['an error event', 'mid_error'],
    ['a reset', 'mid_reset'],
    ['a cut connection', 'mid_cut'],
    ['a clean end', 'mid_truncate'],
    ['silence', 'mid_hang'],
  ])('ends honestly on %s behind the commit point', async (_, step) => {
    pool.simulator.setDefault('up-a', step);
    const { status, body: answer, isCut } = await pool.send(true);
    expect(status).toBe(200);
    expect(isCut).toBe(true);
    const text = String(answer);
    expect(text).toContain('content_block_delta');
    expect(text).toContain('event: error\n');
    expect(text).not.toContain('message_stop');
    expect(pool.simulator.requests('up-b')).toHaveLength(0);
  });

  it('asks each account once and no more than five accounts', async () => {
    const ids = await Promise.all(
      ['c', 'd', 'e', 'f'].map((name) => pool.app.account(pool.simulator.url, `up-${name}`, { priority: 3 })),
    );
    pool.simulator.setDefault('*', 'overloaded');
    for (const name of ['a', 'b']) pool.simulator.setDefault(`up-${name}`, 'overloaded');
    const answer = await pool.send(false);
    for (const id of ids) await pool.app.api('DELETE', `/accounts/claude-console/${id}`);
    expect(answer.body.error.message).toBe('5 upstream accounts failed; the last one answered 529.');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(pool.simulator.log).toHaveLength(5);
  });

  it('asks a pool of one once', async () => {
    const bound = await pool.app.key({ claudeConsoleAccountId: pool.first });
    pool.simulator.setDefault('up-a', 'server_error');
    const answer = await pool.app.call('POST', '/api/v1/messages', questionOf(false), { 'x-api-key': bound.key });
    expect(answer.status).toBe(500);
    expect(pool.simulator.log).toHaveLength(1);
    const again = await pool.app.call('POST', '/api/v1/messages', questionOf(false), { 'x-api-key': bound.key });
    expect(again.status).toBe(503);
    expect(again.body.error.message).toBe('No upstream account is available for this request (1 cooling down).');
  });
});
