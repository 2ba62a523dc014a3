/**
 * The store cannot do its work at the moment: the connection is lost or closed, nothing came back in time, Redis is
 * loading or refuses writes, the disk is full or failing. The caller did nothing wrong, and the same may succeed later.
 * Whether a write was carried out is not known.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';

  /** @param reason one sentence without a full stop; it holds neither a key nor a value */
  constructor(reason: string, options?: ErrorOptions) {
    super(`The store is not available: ${reason.replace(/\.$/, '')}.`, options);
  }
}
