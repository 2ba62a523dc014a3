import { toAccountId } from '@crs/extension-api';
import { openSqliteStore } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { AttemptLog } from './attempt-log.js';
import type { AttemptRecord } from './attempt-record.js';

const record: AttemptRecord = {
  accountId: toAccountId('a'),
  platform: 'claude-console',
  result: 'status',
  reason: null,
  status: 529,
  verdict: 'other_account',
  mark: 'overload',
  startedAt: '2026-11-23T00:00:00.000Z',
  ms: 12,
};

describe('AttemptLog', () => {
  it('keeps the attempts of a request for a day', async () => {
    const store = openSqliteStore(':memory:', { now: () => 0 });
    await new AttemptLog(store).write('req_1', [record]);
    expect(JSON.parse((await store.get('v2:attempts:req_1')) ?? '')).toEqual([record]);
    expect(await store.pttl('v2:attempts:req_1')).toBe(24 * 60 * 60 * 1000);
    await store.quit();
  });

  it('keeps nothing where nothing was tried', async () => {
    const store = openSqliteStore(':memory:');
    await new AttemptLog(store).write('req_1', []);
    expect(await store.exists('v2:attempts:req_1')).toBe(0);
    await store.quit();
  });

  it('does not fail the request when the store does', async () => {
    const store = openSqliteStore(':memory:');
    await store.quit();
    await expect(new AttemptLog(store).write('req_1', [record])).resolves.toBeUndefined();
  });
});
