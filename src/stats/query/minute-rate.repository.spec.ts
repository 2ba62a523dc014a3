import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { testConfig } from '../../../test/support/test-config.js';
import { Zone } from '../../core/time/zone.js';
import { MinuteRateRepository } from './minute-rate.repository.js';

const NOW = Date.parse('2026-11-23T04:06:30Z');
const MINUTE = Math.floor(NOW / 60_000);

describeOnEachStore('MinuteRateRepository', (store) => {
  const config = testConfig({ metricsWindowMinutes: 3 });
  const read = () => new MinuteRateRepository(store(), new Zone(config), config).read(NOW);

  it('is 0 where nothing was booked', async () => {
    await expect(read()).resolves.toEqual({ windowMinutes: 3, requestsPerMinute: 0, tokensPerMinute: 0 });
  });

  it('averages over the last whole minutes, and leaves out what is damaged', async () => {
    const put = (minute: number, requests: string, totalTokens: string) =>
      store().hset(keys.usage.minute(minute), { requests, totalTokens });
    await put(MINUTE, '100', '100');
    await put(MINUTE - 1, '4', '1000');
    await put(MINUTE - 3, '1', 'many');
    await put(MINUTE - 4, '100', '100');
    await store().set(keys.usage.minute(MINUTE - 2), 'no hash');
    await expect(read()).resolves.toEqual({ windowMinutes: 3, requestsPerMinute: 1.67, tokensPerMinute: 333.33 });
  });
});
