import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EgressError, toAbortError } from './egress-error.js';
import { type AnswerBody, UpstreamBody } from './upstream-body.js';

/** A decoder of the standard library. */
type Decoder = Transform & { readonly bytesWritten: number };

/** A new decoder for the compressed stream that begins with these bytes. */
export type OpenDecoder = (first: Buffer) => Decoder;

/**
 * A compressed body, decoded as it comes and no faster than it is read: behind a slow reader the decoder stops first and
 * the socket after it, however much the next bytes would expand to. One chunk is decoded at a time, so that all that it
 * holds is given before the next one is awaited.
 */
export class DecodedBody implements AnswerBody {
  private readonly decoded: UpstreamBody;
  private decoder: Decoder | null = null;
  private paused = false;
  private givenUp = false;

  /** @param signal ends the decoding wherever it is; it outlasts the exchange when all has come, but not all is decoded */
  constructor(
    private readonly source: AnswerBody,
    private readonly open: OpenDecoder,
    signal: AbortSignal,
  ) {
    this.decoded = new UpstreamBody({
      pause: () => {
        this.paused = true;
        this.decoder?.pause();
      },
      resume: () => {
        this.paused = false;
        this.decoder?.resume();
      },
      abort: (reason) => {
        this.givenUp = true;
        this.source.abort(reason);
        this.decoder?.destroy();
      },
    });
    const onAbort = (): void => {
      this.abort(toAbortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.decode()
      .catch((error: unknown) => {
        this.break(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      });
  }

  read(): Promise<Buffer | null> {
    return this.decoded.read();
  }

  abort(reason: Error): void {
    this.decoded.abort(reason);
  }

  /**
   * Bytes behind the end of one compressed stream begin the next one: zstd allows several. Zeros there are padding, as
   * every reader of gzip takes them. A body without any byte is empty.
   */
  private async decode(): Promise<void> {
    let hasEnded = false;
    let chunk = await this.source.read();
    while (chunk !== null) {
      if (hasEnded && this.decoder === null && isPadding(chunk)) {
        chunk = await this.source.read();
        continue;
      }
      const decoder = (this.decoder ??= this.start(chunk));
      const rest = await write(decoder, chunk);
      if (rest.length === 0) chunk = await this.source.read();
      else {
        await finished(decoder, { writable: false, cleanup: true });
        decoder.destroy();
        this.decoder = null;
        hasEnded = true;
        chunk = rest;
      }
    }
    if (this.decoder !== null) await end(this.decoder);
    this.decoded.end();
  }

  private start(first: Buffer): Decoder {
    // What had come before is still read from the source.
    if (this.givenUp) throw new Error('The body was given up');
    const decoder = this.open(first);
    if (this.paused) decoder.pause();
    decoder.on('data', (chunk: Buffer) => {
      this.decoded.push(chunk);
    });
    decoder.on('error', (error) => {
      this.break(toFault(error));
    });
    return decoder;
  }

  /** A fault of the connection, or of the compressed bytes. What was decoded before is still read first. */
  private break(fault: Error): void {
    this.source.abort(fault);
    if (this.decoder !== null) drain(this.decoder);
    this.decoded.fail(fault);
    this.decoder?.destroy();
  }
}

const isPadding = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** Resolves when all that the chunk holds has been decoded, with what stands behind the end of the compressed stream. */
function write(decoder: Decoder, chunk: Buffer): Promise<Buffer> {
  const before = decoder.bytesWritten;
  return new Promise((resolve, reject) => {
    // A decoder that has failed or was destroyed does not call back.
    const onClose = (): void => {
      reject(decoder.errored ?? new Error('The decoder was closed'));
    };
    decoder.once('close', onClose);
    decoder.write(chunk, () => {
      decoder.off('close', onClose);
      resolve(chunk.subarray(decoder.bytesWritten - before));
    });
  });
}

/** Resolves when the last decoded byte has been taken; rejects where the compressed stream is not at its end. */
async function end(decoder: Decoder): Promise<void> {
  // An error throws away what still waits in the decoder.
  drain(decoder);
  decoder.end();
  await finished(decoder, { cleanup: true });
}

/** Gives what the decoder holds, at most its high-water mark, to the listener of its data. */
function drain(decoder: Decoder): void {
  while (decoder.read() !== null);
}

function toFault(error: NodeJS.ErrnoException): EgressError {
  const code = error.code ?? '';
  return code === 'Z_BUF_ERROR'
    ? new EgressError('reset', 'The compressed body has no end', { cause: error })
    : new EgressError('garbage', `The compressed body is damaged: ${code}: ${error.message}`, { cause: error });
}
