/** Price factors by service, as stored. A service that is not named costs its real price. */
export type ServiceRates = Readonly<Record<string, unknown>>;

/** A cost times more than that is no number any more that the store could add up. */
const MOST = 1e9;

/** By how much a service's real cost is multiplied for a key: the global rate times the key's own. */
export function serviceRateOf(service: string, global: ServiceRates, ofKey: ServiceRates): number {
  return Math.min(rateOrOne(global[service]) * rateOrOne(ofKey[service]), MOST);
}

/** A rate is a number from 0 upwards, which old versions stored as text as well; anything else counts as not set. */
export function rateOrOne(stored: unknown): number {
  const isText = typeof stored === 'string' && stored.trim() !== '';
  const rate = typeof stored === 'number' || isText ? Number(stored) : Number.NaN;
  return Number.isFinite(rate) && rate >= 0 ? rate : 1;
}
