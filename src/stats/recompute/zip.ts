/** The elements of two lists side by side, as far as both go. */
export const zip = <A, B extends object | string | number | null>(
  left: readonly A[],
  right: readonly B[],
): readonly (readonly [A, B])[] =>
  left.flatMap((a, at) => {
    const b = right[at];
    return b === undefined ? [] : [[a, b] as const];
  });
