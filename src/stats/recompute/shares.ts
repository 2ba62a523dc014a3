/**
 * Divides a whole number in proportion to weights: the shares are whole, add up to it exactly, and are the same for the
 * same weights. Rounding goes along the running sum, so no share is off by more than one.
 *
 * @param total of either sign
 * @param weights from 0 upwards; when all are 0 each gets the same
 */
export function sharesOf(total: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const even = sum === 0;
  let passed = 0;
  let given = 0;
  return weights.map((weight, at) => {
    passed += weight;
    const upTo = Math.round(total * (even ? (at + 1) / weights.length : passed / sum));
    const share = upTo - given;
    given = upTo;
    return share + 0;
  });
}
