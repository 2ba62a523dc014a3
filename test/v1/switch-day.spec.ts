import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { V1IndexBuild } from '../../src/stats/v1-indexes/v1-index-build.js';
import { describeOnGolden } from '../support/golden-app.js';

const DAY = '2026-11-23';
const MESSAGE = {
  model: 'claude-opus-4-1-20250805',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Hello' }],
};

interface Stats {
  readonly total: { readonly requests: number; readonly costUsd: number };
  readonly today: { readonly costUsd: number };
  readonly limits: { readonly weekly: { readonly used: number } };
}

describeOnGolden('the day of the switch', (golden) => {
  it('goes on with what version 1 had counted, in the statistics and in the limits', async () => {
    await golden.app.app.get(V1IndexBuild).finished();
    const { id, key } = golden.key('plain');
    const statsOf = () => golden.get(`/keys/${id}/stats`);
    const before: Stats = await statsOf();
    for (let at = 0; at < 3; at += 1) {
      const { status } = await golden.send('/api/v1/messages', key, MESSAGE);
      expect(status).toBe(200);
    }
    await golden.app.flushed();

    const after: Stats = await statsOf();
    expect(after.total.requests).toBe(before.total.requests + 3);
    const spent = after.total.costUsd - before.total.costUsd;
    expect(spent).toBeGreaterThan(0);
    expect(after.limits.weekly.used).toBeCloseTo(before.limits.weekly.used + spent, 9);
    expect(after.today.costUsd).toBeCloseTo(before.today.costUsd + spent, 9);

    for (const granularity of ['day', 'month']) {
      const { total } = await golden.get(`/stats/usage?granularity=${granularity}&from=${DAY}&to=${DAY}`);
      expect([granularity, total.requests]).toEqual([granularity, 14]);
      const { rows } = await golden.get(`/stats/usage?groupBy=key&from=${DAY}&to=${DAY}`);
      expect(rows.find((row: { id: string }) => row.id === id).requests).toBe(7);
    }
    const hours = await golden.get(`/stats/usage?granularity=hour&from=${DAY}&to=${DAY}`);
    expect(hours.rows.map((row: Record<string, unknown>) => [row['period'], row['requests']])).toEqual([
      [`${DAY}:12`, 14],
    ]);
    expect(await golden.store.get(keys.usage.rollUp.since)).toBe('2026-11-24');
  });
});

describeOnGolden('the day of the switch, on which a new key is the first to ask a new account', (golden) => {
  it('shows what version 1 had counted, too', async () => {
    await golden.app.app.get(V1IndexBuild).finished();
    const account = await golden.app.account(golden.simulator.url, 'up-new', { accountType: 'dedicated' });
    const { key } = await golden.app.key({ claudeConsoleAccountId: account });
    expect((await golden.send('/api/v1/messages', key, MESSAGE)).status).toBe(200);
    await golden.app.flushed();
    const { total } = await golden.get(`/stats/usage?from=${DAY}&to=${DAY}`);
    expect(total.requests).toBe(12);
  });
});
