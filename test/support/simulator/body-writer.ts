import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';

/** Writes an answer's body: compressed or not, in pieces or not, never faster than the client reads. */
export class BodyWriter {
  readonly #response: ServerResponse;
  readonly #gzip: Gzip | null;
  readonly #pieceBytes: number;

  constructor(response: ServerResponse, options: { readonly gzip: boolean; readonly pieceBytes: number | undefined }) {
    this.#response = response;
    this.#pieceBytes = options.pieceBytes ?? Number.POSITIVE_INFINITY;
    this.#gzip = options.gzip ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : null;
    this.#gzip?.pipe(response);
  }

  /** Rejects when `signal` is aborted while the client does not read. */
  async write(text: string, signal: AbortSignal): Promise<void> {
    if (this.#pieceBytes === Number.POSITIVE_INFINITY) {
      await this.#push(text, signal);
      return;
    }
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      await this.#push(bytes.subarray(at, at + this.#pieceBytes), signal);
      await nextTurn(undefined, { signal });
    }
  }

  end(): void {
    if (this.#gzip) this.#gzip.end();
    else this.#response.end();
  }

  async #push(chunk: string | Buffer, signal: AbortSignal): Promise<void> {
    if (this.#gzip) await compressed(this.#gzip, chunk, signal);
    else if (!this.#response.write(chunk)) await once(this.#response, 'drain', { signal });
  }
}

/** Resolves when the chunk has left the compressor, so that a connection cut right after it still carries it. */
async function compressed(gzip: Gzip, chunk: string | Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Error('the client left'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    gzip.write(chunk, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
