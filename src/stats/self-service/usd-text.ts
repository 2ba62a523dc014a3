/** USD as people read it: the smaller it is, the more digits it needs. */
export function usdText(usd: number): string {
  const digits = usd >= 1 ? 2 : usd >= 0.001 ? 4 : 6;
  return `$${usd.toFixed(digits)}`;
}
