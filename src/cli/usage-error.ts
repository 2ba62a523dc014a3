/** A command was written in a way that nobody understands; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
