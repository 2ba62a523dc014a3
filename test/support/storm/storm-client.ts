import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inputTokensOf } from '../simulator/usage.ts';

/** Carries a request's number to the upstream, which notes the headers that it gets. */
export const NUMBER_HEADER = 'x-storm-number';
/** Tokens of the request number 0: each has one more, so that a booking tells by its tokens whose it is. */
const LEAST_TOKENS = 100;
const AFTER_REFUSAL_MS = 100;
const BYTES_PER_TOKEN = 4;

/** One request as its client has seen it. */
export interface AskedRequest {
  readonly number: number;
  readonly keyId: string;
  readonly stream: boolean;
  /** The gateway's id of it; null: no head has come. */
  requestId: string | null;
  /** 0: no head has come. */
  status: number;
  /** The client knows what its question has cost: a stream has begun, or the whole answer is there. */
  hasBegun: boolean;
  /** The answer came to its good end. */
  isWhole: boolean;
}

export interface StormKey {
  readonly id: string;
  readonly key: string;
}

interface ClientOptions {
  readonly url: string;
  readonly key: StormKey;
  readonly stream: boolean;
  /** Ends it between two requests. */
  readonly enough: AbortSignal;
  readonly nextNumber: () => number;
  readonly asked: AskedRequest[];
}

/** The number of the request that had so many tokens of input, of whatever class. */
export const numberOf = (inputTokens: number): number => inputTokens - LEAST_TOKENS;

/** Asks again and again, one request at a time; an answer that breaks off ends it when it has been enough. */
export async function keepAsking({ url, key, stream, enough, nextNumber, asked }: ClientOptions): Promise<void> {
  const session = randomUUID();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    while (!enough.aborted) {
      const number = nextNumber();
      const one: AskedRequest = {
        number,
        keyId: key.id,
        stream,
        requestId: null,
        status: 0,
        hasBegun: false,
        isWhole: false,
      };
      asked.push(one);
      const headers = { 'x-api-key': key.key, 'x-claude-code-session-id': session, [NUMBER_HEADER]: String(number) };
      await ask(one, { url, headers, agent });
      if (!one.isWhole) await sleep(AFTER_REFUSAL_MS);
    }
  } finally {
    agent.destroy();
  }
}

/** Never rejects. */
function ask(
  one: AskedRequest,
  { url, headers, agent }: { readonly url: string; readonly headers: Record<string, string>; readonly agent: Agent },
): Promise<void> {
  return new Promise((resolve) => {
    const all = { ...headers, 'content-type': 'application/json' };
    const outgoing = request(`${url}/api/v1/messages`, { method: 'POST', agent, headers: all });
    outgoing.on('error', () => {
      resolve();
    });
    outgoing.once('response', (response) => {
      noteAnswer(one, response, resolve);
    });
    outgoing.end(bodyOf(one));
  });
}

function noteAnswer(one: AskedRequest, response: IncomingMessage, done: () => void): void {
  one.status = response.statusCode ?? 0;
  one.requestId = String(response.headers['x-relay-request-id'] ?? '');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (one.stream && one.status === 200) one.hasBegun ||= text.includes('event: message_start');
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    const isGood = response.complete && one.status === 200;
    one.isWhole = isGood && (one.stream ? text.includes('event: message_stop') : text.endsWith('}'));
    one.hasBegun ||= one.isWhole;
    done();
  });
}

/** A third of the requests write to the cache for five minutes or an hour, so that all classes of tokens are used. */
function bodyOf({ number, stream }: AskedRequest): string {
  const cache = { cache_control: { type: 'ephemeral', ...(number % 2 === 0 ? { ttl: '1h' } : {}) } };
  const content = (text: string) => [{ type: 'text', text, ...(number % 3 === 0 ? cache : {}) }];
  const shell = { model: 'claude-sonnet-4-5', max_tokens: 64, stream };
  const bare = JSON.stringify({ ...shell, messages: [{ role: 'user', content: content('') }] });
  const padding = 'x'.repeat((LEAST_TOKENS + number) * BYTES_PER_TOKEN - bare.length);
  const body = JSON.stringify({ ...shell, messages: [{ role: 'user', content: content(padding) }] });
  if (numberOf(inputTokensOf(Buffer.from(body))) !== number)
    throw new Error(`request ${number} cannot be told by its tokens`);
  return body;
}
