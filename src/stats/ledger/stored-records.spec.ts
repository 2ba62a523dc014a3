import { keys } from '@crs/store';
import { expect, it } from '@jest/globals';
import { Bookkeeper } from '../../../test/support/booking.js';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testPricedUsage, testUsageReport } from '../../../test/support/test-usage-report.js';

const report = testUsageReport();
const booked = testPricedUsage(report);
const other = testPricedUsage({ ...report, requestId: 'req-0' });
const later = testPricedUsage({ ...report, requestId: 'req-0', at: new Date(report.at.getTime() + 1) });
const list = keys.usage.records(report.keyId);

describeOnEachStore('whether the store has a request, by the last records of its key', (store) => {
  it('is told by the record', async () => {
    const { repository } = new Bookkeeper(store());
    await expect(repository.hasRecord(booked)).resolves.toBe(false);
    await new Bookkeeper(store()).book(booked);
    await expect(repository.hasRecord(booked)).resolves.toBe(true);
    await expect(repository.hasRecord(other)).resolves.toBe(false);
  });

  it('is not told by a full list, unless all of it is older', async () => {
    const sut = new Bookkeeper(store());
    for (let i = 1; i <= 200; i += 1) await sut.book(testPricedUsage({ ...report, requestId: `req-${i}` }));
    await expect(sut.repository.hasRecord(other)).resolves.toBe(true);
    await expect(sut.repository.hasRecord(later)).resolves.toBe(false);
  });

  it('is not told by what cannot be read', async () => {
    const { repository } = new Bookkeeper(store());
    await store().lpush(list, ...Array.from({ length: 200 }, () => 'damaged'));
    await expect(repository.hasRecord(later)).resolves.toBe(true);
    await store().del(list);
    await store().set(list, 'damaged');
    await expect(repository.hasRecord(later)).resolves.toBe(true);
  });
});
