import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { UsageRecordListRepository } from './usage-record-list.repository.js';

describeOnEachStore('UsageRecordListRepository', (store) => {
  const read = (offset: number, limit: number) => new UsageRecordListRepository(store()).read('k', { offset, limit });

  it('has nothing of a key that was never used', async () => {
    await expect(read(0, 50)).resolves.toEqual({ items: [], total: 0 });
  });

  it('gives pages, newest first, without what cannot be read', async () => {
    for (const text of ['{"n":1}', 'damaged', 'null', '[1]', '7', '{"n":2}', '{"n":3}']) {
      await store().lpush(keys.usage.records('k'), text);
    }
    await expect(read(0, 2)).resolves.toEqual({ items: [{ n: 3 }, { n: 2 }], total: 3 });
    await expect(read(2, 2)).resolves.toEqual({ items: [{ n: 1 }], total: 3 });
    await expect(read(3, 2)).resolves.toEqual({ items: [], total: 3 });
  });
});
