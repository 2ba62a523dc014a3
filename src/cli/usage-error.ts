/** A command was written in a way that nobody understands; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `parse` gives; its complaint about the options is the caller's mistake. */
export function orUsageError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error: unknown) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
