/** What of an error goes to a log. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

const MAX_CAUSES = 5;

/**
 * An error with its causes as plain data. Only these fields: errors of drivers and HTTP clients carry the command, the
 * request or the response they failed on, and with it secrets and bodies.
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** The same without stacks, for errors that were meant; of the causes only the first, by its message. */
export function summarizeError(error: unknown): Omit<LoggedError, 'stack' | 'cause'> & { readonly cause?: string } {
  const { name, message, code, cause } = describeError(error);
  return { name, message, ...(code !== undefined && { code }), ...(cause && { cause: cause.message }) };
}
