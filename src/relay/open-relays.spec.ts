import { describe, expect, it } from '@jest/globals';
import { OpenRelays } from './open-relays.js';

describe('OpenRelays', () => {
  it('counts requests until they end, however they do', async () => {
    const sut = new OpenRelays();
    const ended = Promise.withResolvers<undefined>();
    const good = sut.run(() => ended.promise);
    const bad = sut.run(async () => {
      await ended.promise;
      throw new Error('broken');
    });
    expect(sut.count()).toBe(2);
    ended.resolve(undefined);
    await good;
    await expect(bad).rejects.toThrow('broken');
    expect(sut.count()).toBe(0);
  });
});
