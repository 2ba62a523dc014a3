import { describe, expect, it } from '@jest/globals';
import { inGroups } from './in-groups.js';

describe('inGroups', () => {
  it('gives the results in the order of the items, whichever comes first', async () => {
    const items = Array.from({ length: 60 }, (_, n) => n);
    const results = await inGroups(items, async (n) => {
      for (let turn = n % 7; turn > 0; turn -= 1) await Promise.resolve();
      return n * 2;
    });
    expect(results).toEqual(items.map((n) => n * 2));
    expect(await inGroups([], () => Promise.resolve(1))).toEqual([]);
  });

  it('does not do everything at once', async () => {
    let [open, most] = [0, 0];
    await inGroups(Array.from({ length: 100 }), async () => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
    });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(25);
  });

  it('fails with what fails', async () => {
    await expect(inGroups([1, 2], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
