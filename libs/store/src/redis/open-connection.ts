import type { Redis } from 'ioredis';

/** Redis cannot be used; the message says which and why, and holds no password. */
export class StoreConnectionError extends Error {
  override readonly name = 'StoreConnectionError';
}

/** Faults that pass by themselves while a Redis, its network or its name is still coming up. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
const PASSING_TEXTS = /^(?:All sentinels are unreachable|LOADING |Redis is loading)/;

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');
const isPassing = (error: Error): boolean => PASSING_CODES.has(codeOf(error)) || PASSING_TEXTS.test(error.message);
/** Node gives a host of several addresses one error without a text of its own. */
const textOf = (error: Error): string => (error.message === '' ? codeOf(error) : error.message).replace(/\.$/, '');
/** One that says nothing for so long is waited for, too. */
const SILENCE_MS = 1_000;

/**
 * Connects, trying again by the client's own strategy for at most `timeoutMs`. On failure the client is closed.
 * `onWait` is called once when it is clear that there is something to wait for.
 *
 * @throws StoreConnectionError
 */
export function openConnection(client: Redis, address: string, timeoutMs: number, onWait: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no answer';
    let isWaiting = false;
    const wait = (): void => {
      if (isWaiting) return;
      isWaiting = true;
      onWait();
    };
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      clearTimeout(silence);
      client.off('ready', onReady);
      client.off('error', onError);
      done();
    };
    const fail = (): void => {
      settle(() => {
        client.disconnect();
        reject(new StoreConnectionError(`Redis at ${address} cannot be used: ${last}.`));
      });
    };
    const onReady = (): void => {
      settle(resolve);
    };
    const onError = (error: Error): void => {
      last = textOf(error);
      if (isPassing(error)) wait();
      else fail();
    };
    const timer = setTimeout(fail, timeoutMs);
    const silence = setTimeout(wait, SILENCE_MS);
    client.on('ready', onReady);
    client.on('error', onError);
    // What goes wrong is told by the events; the promise knows only the first attempt, and only that it ended.
    client.connect().catch(() => undefined);
  });
}
