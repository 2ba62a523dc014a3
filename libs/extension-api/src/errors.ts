/**
 * Why a client request was refused or could not be served. The protocols turn a code into a status and a body;
 * nothing else does.
 */
export type RelayErrorCode =
  | 'missing_key'
  | 'invalid_key'
  | 'permission_denied'
  | 'model_not_allowed'
  /** Too many at once, or what is left is held by requests in flight: another try may succeed in a moment. */
  | 'too_many_requests'
  /** A limit of the key's window is reached. */
  | 'window_exceeded'
  /** A cost limit of the key is spent. */
  | 'budget_spent'
  | 'invalid_request'
  | 'body_too_large'
  | 'not_found'
  | 'no_account'
  | 'endpoint_missing'
  | 'upstream_rate_limited'
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'internal';

export interface RelayErrorOptions {
  readonly cause?: unknown;
  /** Whole seconds after which another try may succeed; the protocols send it as `retry-after`. */
  readonly retryAfterSeconds?: number;
  /** When what was refused works again by itself, where that is known. */
  readonly resetAt?: Date;
  /** The HTTP status to answer with, where the code allows several (an upstream's own 5xx, for example). */
  readonly status?: number;
}

/** A refusal in the words that the client shall read. The message never holds a secret, a prompt or an account's name. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  readonly retryAfterSeconds: number | null;
  readonly resetAt: Date | null;
  readonly status: number | null;

  constructor(
    readonly code: RelayErrorCode,
    message: string,
    options: RelayErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.resetAt = options.resetAt ?? null;
    this.status = options.status ?? null;
  }
}
