import { request } from 'node:http';
import type { ClientAnswer } from './judge.ts';

export interface ClientCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The client gives up. */
  readonly timeoutMs: number;
}

/** One call on a connection of its own; an answer that breaks is answered as far as it came. Never rejects. */
export function call({ url, headers, body, timeoutMs }: ClientCall): Promise<ClientAnswer> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (status: number, head: Headers, isCut: boolean): void => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status, headers: head, text, isCut, ms: Math.round(performance.now() - startedAt) });
    };
    const outgoing = request(url, { method: 'POST', agent: false, headers, signal: AbortSignal.timeout(timeoutMs) });
    outgoing.once('error', () => {
      done(0, new Headers(), true);
    });
    outgoing.once('response', (response) => {
      const head = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.once('close', () => {
        done(response.statusCode ?? 0, head, !response.complete);
      });
    });
    outgoing.end(body);
  });
}
