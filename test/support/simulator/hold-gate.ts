/** Lets answers wait until a test releases them: a delay that needs no clock. */
export class HoldGate {
  readonly #held = new Map<string, Set<() => void>>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Waits for `release(key)`; rejects with the signal's reason. */
  async wait(key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting = this.#held.get(key) ?? new Set();
      this.#held.set(key, waiting);
      const onAbort = (): void => {
        waiting.delete(free);
        reject(new Error('the client left while its answer was held'));
      };
      const free = (): void => {
        signal.removeEventListener('abort', onAbort);
        waiting.delete(free);
        resolve();
      };
      waiting.add(free);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#onChange();
    });
  }

  count(key: string): number {
    return this.#held.get(key)?.size ?? 0;
  }

  /** Lets every answer of this key that waits now go on. */
  release(key: string): void {
    for (const free of [...(this.#held.get(key) ?? [])]) free();
  }
}
