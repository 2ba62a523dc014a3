import { beforeEach, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@crs/extension-api';
import { keys, type StoreClient } from '@crs/store';
import { Bookkeeper } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';

const codexReport = testUsageReport({
  ...{ accountType: 'openai-responses', accountRecordPrefix: 'openai_responses_account', service: 'codex' },
  ...{ model: 'gpt-5-codex', endpoint: '/openai/responses' },
  usage: { ...NO_TOKENS, inputTokens: 1977, outputTokens: 222, cacheReadTokens: 1024 },
});

describeOnEachStore('the daily quota of a Codex account, as version 1 keeps it', (storeOfCase) => {
  let store: StoreClient;
  let sut: Bookkeeper;

  beforeEach(() => {
    store = storeOfCase();
    sut = new Bookkeeper(store);
  });

  const record = keys.account.record('openai_responses_account', codexReport.accountId);
  const spent = async (stored: Record<string, string>, rate = 1): Promise<(string | null)[]> => {
    await store.hset(record, { id: 'a', ...stored });
    await sut.book(testPricedUsage(codexReport, rate));
    return store.hmget(record, 'dailyUsage', 'lastResetDate');
  };

  it.each([
    ['adds up its day', { dailyUsage: '0.020999999999999998', lastResetDate: '2026-11-23' }, '0.025819', '2026-11-23'],
    ['begins another day', { dailyUsage: '4.5', lastResetDate: '2026-11-22' }, '0.004819', '2026-11-23'],
    ['begins where nothing stands', {}, '0.004819', '2026-11-23'],
    ['begins where no figures stand', { dailyUsage: 'much', lastResetDate: '2026-11-23' }, '0.004819', '2026-11-23'],
    ['leaves a later day alone', { dailyUsage: '4.5', lastResetDate: '2026-11-24' }, '4.5', '2026-11-24'],
  ])('%s', async (_, stored, usage, day) => {
    await expect(spent({ dailyQuota: '5', ...stored })).resolves.toEqual([usage, day]);
  });

  it('counts what the upstream takes, and nothing for an account without a quota', async () => {
    await expect(spent({ dailyQuota: '5' }, 3)).resolves.toEqual(['0.004819', '2026-11-23']);
    await expect(spent({ dailyQuota: '0', dailyUsage: '0', lastResetDate: '2026-11-20' })).resolves.toEqual([
      '0',
      '2026-11-20',
    ]);
  });
});
