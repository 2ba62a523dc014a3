/** Price factors by service, as stored. A service that is not named costs its real price. */
export type ServiceRates = Readonly<Record<string, unknown>>;

/** By how much a service's real cost is multiplied for a key: the global rate times the key's own. */
export function serviceRateOf(service: string, global: ServiceRates, ofKey: ServiceRates): number {
  return rateOrOne(global[service]) * rateOrOne(ofKey[service]);
}

/** A rate is a number from 0 upwards, which old versions stored as text as well; anything else counts as not set. */
function rateOrOne(stored: unknown): number {
  const isText = typeof stored === 'string' && stored.trim() !== '';
  const rate = typeof stored === 'number' || isText ? Number(stored) : Number.NaN;
  return Number.isFinite(rate) && rate >= 0 ? rate : 1;
}
