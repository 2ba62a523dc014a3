import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NO_TOKENS } from '@crs/extension-api';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { DAY, EAST, MONTH, RecomputeRig, SONNET, WEST } from '../../../test/support/recompute-rig.js';

const UNKNOWN = { model: 'my-model', usage: { ...NO_TOKENS, inputTokens: 1000, outputTokens: 100 } };
const k = keys.usage;

describeOnEachStore('RecomputeService, the accounts', (storeOfCase) => {
  let rig: RecomputeRig;

  beforeEach(() => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    rig = new RecomputeRig(storeOfCase());
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('tells of each account, too, how many of its requests have no price', async () => {
    const read = async () => {
      const hashes = [EAST, WEST].map((id) => k.rollUp.accountModels('month', MONTH, id));
      return (await Promise.all(hashes.map((hash) => rig.costs(hash, 'my-model')))).map(([, , unpriced]) => unpriced);
    };
    for (const accountId of [EAST, EAST, EAST, WEST]) await rig.use({ ...UNKNOWN, accountId });
    rig.overrides.set('my-model', 1, 2);
    await rig.use({ ...UNKNOWN, accountId: WEST });
    await expect(read()).resolves.toEqual([3, 1]);
    await rig.apply();
    await expect(read()).resolves.toEqual([0, 0]);
    rig.overrides.unset('my-model');
    await rig.apply();
    await expect(read()).resolves.toEqual([3, 2]);
  });

  it('finishes the accounts of a run that was cut off before them', async () => {
    await rig.use();
    await rig.use({ accountId: WEST, usage: { ...NO_TOKENS, outputTokens: 1000 } });
    rig.overrides.set(SONNET, 30, 150);
    jest.spyOn(rig.repository, 'writeAccount').mockRejectedValueOnce(new Error('killed'));
    await expect(rig.apply()).rejects.toThrow('killed');
    await rig.apply();
    // In proportion to what was booked, 21351 and 15000.
    await expect(rig.costs(k.rollUp.accountModels('day', DAY, EAST), SONNET)).resolves.toEqual([213_508, 213_508, 0]);
    await expect(rig.costs(k.rollUp.accountModels('day', DAY, WEST), SONNET)).resolves.toEqual([149_998, 149_998, 0]);
  });
});
