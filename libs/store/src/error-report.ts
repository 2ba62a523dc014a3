/**
 * Told of faults that no caller waits for: a lost connection, a sweep that failed. `suppressed` is how many came since
 * the last report and were left out.
 */
export type ErrorReport = (error: Error, suppressed: number) => void;

/** Shown by Node itself, once per text; for uses without a logger. */
export const warnOnProcess: ErrorReport = (error) => {
  process.emitWarning(error.message, 'StoreWarning');
};

/** Passes on at most one error per interval: a store that is down fails many times a second, and says the same. */
export function reportRarely(report: ErrorReport, everyMs: number, now: () => number): (error: unknown) => void {
  let nextAt = -Infinity;
  let suppressed = 0;
  return (thrown) => {
    if (now() < nextAt) {
      suppressed += 1;
      return;
    }
    nextAt = now() + everyMs;
    report(thrown instanceof Error ? thrown : new Error(String(thrown)), suppressed);
    suppressed = 0;
  };
}
