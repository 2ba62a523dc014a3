/** The command ends before it has done its work; the message says why, and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  /** `fault`: something does not work; `refused`: it would do harm. */
  constructor(
    readonly kind: 'fault' | 'refused',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
