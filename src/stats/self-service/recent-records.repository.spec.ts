import { expect, it } from '@jest/globals';
import { toApiKeyId } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';
import { usageRecordJson } from '../ledger/usage-record.js';
import { RecentRecordsRepository } from './recent-records.repository.js';

const K = toApiKeyId('30144e38-6515-4949-a4b8-0e3db27a30f2');

describeOnEachStore('RecentRecordsRepository', (store) => {
  it('shows a record as it was booked, but for the account and how it was priced', async () => {
    const text = usageRecordJson(testPricedUsage(testUsageReport({ estimated: true })));
    await store().lpush(keys.usage.records(K), text);
    const record = JSON.parse(text) as Record<string, unknown>;
    for (const hidden of ['accountId', 'accountType', 'pricingSource', 'usedFallbackPricing']) {
      expect(record).toHaveProperty(hidden);
      Reflect.deleteProperty(record, hidden);
    }
    expect(await new RecentRecordsRepository(store()).read(K)).toEqual([record]);
  });

  it('shows the newest twenty, the newest first, and leaves out what cannot be read or is not meant for owners', async () => {
    for (let i = 0; i < 25; i += 1) await store().lpush(keys.usage.records(K), JSON.stringify({ durationMs: i }));
    await store().lpush(keys.usage.records(K), 'no json', 'null', '5', '{"model":"m","secret":1}');
    const expected = [{ model: 'm' }, ...Array.from({ length: 16 }, (_, i) => ({ durationMs: 24 - i }))];
    expect(await new RecentRecordsRepository(store()).read(K)).toEqual(expected);
  });

  it('shows nothing of a key that was never used', async () => {
    expect(await new RecentRecordsRepository(store()).read(K)).toEqual([]);
  });
});
