import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { ClientDialect } from '../../test/support/client-dialects.ts';

export interface Question {
  readonly dialect: ClientDialect;
  readonly url: string;
  readonly secret: string;
  readonly session: string;
  readonly stream: boolean;
}

/** A client on a connection of its own that may leave at any moment. */
export class LeavingClient {
  /** Bytes of the answer that have been read. */
  received = 0;
  readonly #outgoing: ClientRequest;
  #response: IncomingMessage | null = null;

  /** @param reads false: it takes nothing but the head, until `take` is called */
  constructor({ dialect, url, secret, session, stream }: Question, reads = true) {
    const headers = dialect.headersOf(secret, session);
    this.#outgoing = request(url + dialect.path, { method: 'POST', agent: false, headers });
    this.#outgoing.on('error', () => undefined);
    this.#outgoing.on('response', (response) => {
      this.#response = response;
      response.on('error', () => undefined);
      if (!reads) return;
      response.on('data', (chunk: Buffer) => {
        this.received += chunk.length;
      });
    });
    this.#outgoing.end(JSON.stringify(dialect.bodyOf({ stream, text: 'Hello', session })));
  }

  get hasHead(): boolean {
    return this.#response !== null;
  }

  /** Reads so many bytes, where they have come. */
  take(bytes: number): void {
    const chunk = this.#response?.read(bytes) as Buffer | null | undefined;
    this.received += chunk?.length ?? 0;
  }

  /** Epoch ms at which it left. */
  leave(): number {
    const leftAt = Date.now();
    this.#outgoing.destroy();
    return leftAt;
  }
}
