const WITHIN_MS = 5_000;

/** Asks until there is something other than null; for what happens behind an answer. Bounded. */
export async function eventually<T>(ask: () => Promise<T | null>): Promise<T> {
  const giveUpAt = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (performance.now() > giveUpAt) throw new Error(`Nothing came within ${String(WITHIN_MS)} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
