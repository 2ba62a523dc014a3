import { StoreUnavailableError } from '../store-unavailable.error.js';

/** Replies that say nothing about the command: Redis cannot serve it now, and may later. */
const PASSING_REPLIES = /^(?:BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b/;
/** Sent while a connection is set up; ioredis reads the texts of their errors. */
const SET_UP: ReadonlySet<string> = new Set(['auth', 'client', 'hello', 'info', 'quit', 'select']);

/**
 * What the caller of a command gets: a refusal of Redis as it is, everything else (a lost or closed connection, a
 * timeout) as a `StoreUnavailableError`.
 */
export function toRedisFault(command: string, error: Error): Error {
  if (error instanceof StoreUnavailableError || SET_UP.has(command)) return error;
  if (error.name === 'ReplyError' && !PASSING_REPLIES.test(error.message)) return error;
  return new StoreUnavailableError(error.message, { cause: error });
}
