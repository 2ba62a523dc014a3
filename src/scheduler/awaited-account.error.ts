/** The account of the session is over its rate for a moment only, and worth waiting for. */
export class AwaitedAccountError extends Error {
  override readonly name = 'AwaitedAccountError';

  constructor(readonly until: Date) {
    super('The account of the session is rate limited for a moment');
  }
}
