import { ConflictException } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { TestClock } from '../../../test/support/test-clock.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import type { AccountQueryService } from '../account-query.service.js';
import { TestPlanner } from './test-planner.js';

it('refuses to test an account of a platform that only keeps its accounts', async () => {
  const platforms = { find: () => ({ relay: null }) } as unknown as PlatformRegistry;
  const queries = { get: () => Promise.resolve({}) } as unknown as AccountQueryService;
  const planned = new TestPlanner(platforms, queries, new TestClock(0)).plan('kept', 'a', null, 'req_1');
  await expect(planned).rejects.toThrow(ConflictException);
  await expect(planned).rejects.toThrow('Accounts of kept cannot be tested: they are only kept');
});
