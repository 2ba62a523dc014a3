import type { ThrottlerModuleOptions } from '@nestjs/throttler';
import { RecentAttempts } from '../../core/http/recent-attempts.js';
import type { Clock } from '../../core/time/clock.js';

const SPAN_MS = 60_000;
/** A page that shows 30 keys makes one look-up each and a few more. */
const MOST_LOOKUPS = 60;

/** How many look-ups an address may make, all routes together. */
export const lookupThrottling = (clock: Clock): ThrottlerModuleOptions => ({
  throttlers: [{ ttl: SPAN_MS, limit: MOST_LOOKUPS }],
  storage: new RecentAttempts(clock),
  generateKey: (_context, address) => address,
  // Whoever has one IPv6 address has its whole subnet.
  ipv6SubnetPrefix: 64,
  errorMessage: (_context, { timeToBlockExpire }) =>
    `Too many look-ups from this address. Try again in ${timeToBlockExpire} s.`,
});
