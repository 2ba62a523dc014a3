/** Resolves when the promise has settled either way, or after that time; a failure is the promise's owner's business. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  await rejectedAfter(promise, ms).catch(() => undefined);
}

/** Nothing came in time; whether it still will is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The promise's outcome, or a rejection when there is none after that time. */
export async function rejectedAfter<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswerError(`No answer within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after that time, or at once when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
