import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import type { StoreClient } from '../store-client.js';
import { describeBatches } from './batch.cases.js';
import { describeGenerated } from './generated.cases.js';
import { describeHashes, describeSets } from './hash-and-set.cases.js';
import { describeKeys } from './key.cases.js';
import { describeScripts } from './script.cases.js';
import { empty } from './store-harness.js';
import type { OpenHarness, StoreHarness } from './store-harness.js';
import { describeStrings } from './string.cases.js';
import { describeLists, describeSortedSets } from './zset-and-list.cases.js';

/**
 * What every store does, in the same words. Registers a suite that opens one store, empties it before each case and
 * closes it at the end.
 *
 * @param name of the store, in the report
 */
export function describeStoreConformance(name: string, open: OpenHarness): void {
  describe(`${name} is a store`, () => {
    const opened: { harness?: StoreHarness } = {};
    const harness = (): StoreHarness => {
      if (opened.harness === undefined) throw new Error('The store under test did not open.');
      return opened.harness;
    };
    const store = (): StoreClient => harness().store;

    beforeAll(async () => {
      opened.harness = await open();
    });
    beforeEach(() => empty(store()));
    afterAll(() => opened.harness?.store.quit());

    describeKeys(store, harness);
    describeStrings(store);
    describeHashes(store);
    describeSets(store);
    describeSortedSets(store);
    describeLists(store);
    describeBatches(store);
    describeScripts(store);
    describeGenerated(store);
  });
}
