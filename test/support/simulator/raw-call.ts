import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly text: string;
  /** Code of the error that ended it, null for a clean end. */
  readonly error: string | null;
}

export interface Call {
  readonly request: ClientRequest;
  readonly answer: Promise<Answer>;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/** A bare client: what it gets is what was on the wire. */
export function call(url: string, key: string, body: unknown = '', method = 'POST', headers = {}): Call {
  const request = httpRequest(url, { method, headers: { 'x-api-key': key, ...headers }, agent: false });
  const answer = new Promise<Answer>((resolve) => {
    const chunks: Buffer[] = [];
    let response: IncomingMessage | null = null;
    const done = (error: string | null): void => {
      const whole = Buffer.concat(chunks);
      resolve({
        status: response?.statusCode ?? 0,
        headers: response?.headers ?? {},
        body: whole,
        text: whole.toString(),
        error,
      });
    };
    request.on('error', (error) => {
      done(codeOf(error));
    });
    request.on('response', (received) => {
      response = received;
      received.on('data', (chunk: Buffer) => chunks.push(chunk));
      received.on('end', () => {
        done(null);
      });
      received.on('error', (error) => {
        done(codeOf(error));
      });
    });
  });
  request.end(typeof body === 'string' ? body : JSON.stringify(body));
  return { request, answer };
}

/** The events of an Anthropic or Responses stream. */
export function eventsOf(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split(/\r?\n\r?\n/)
    .filter((block) => block !== '')
    .map((block) => {
      const [event = '', data = ''] = block.split(/\r?\n/);
      return {
        event: event.replace('event: ', ''),
        data: JSON.parse(data.replace('data: ', '')) as Record<string, unknown>,
      };
    });
}

export const STREAM = { model: 'claude-sonnet-4-5', stream: true, messages: [{ role: 'user', content: 'hi' }] };
export const PLAIN = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'hi' }] };
