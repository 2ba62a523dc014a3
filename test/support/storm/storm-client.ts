import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientDialect, type DialectName, DIALECTS } from '../client-dialects.ts';
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
  readonly dialect: ClientDialect;
  readonly stream: boolean;
  /** Ends it between two requests. */
  readonly enough: AbortSignal;
  readonly nextNumber: () => number;
  readonly asked: AskedRequest[];
}

/** The number of the request that had so many tokens of input, of whatever class. */
export const numberOf = (inputTokens: number): number => inputTokens - LEAST_TOKENS;

/** Asks again and again, one request at a time; an answer that breaks off ends it when it has been enough. */
export async function keepAsking(options: ClientOptions): Promise<void> {
  const { url, key, dialect, stream, enough, nextNumber, asked } = options;
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
      const headers = { ...dialect.headersOf(key.key, session), [NUMBER_HEADER]: String(number) };
      const body = bodyOf(one, dialect.name, session);
      await ask(one, { dialect: dialect.name, url: url + dialect.path, headers, body, agent });
      if (!one.isWhole) await sleep(AFTER_REFUSAL_MS);
    }
  } finally {
    agent.destroy();
  }
}

interface Exchange {
  readonly dialect: DialectName;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly agent: Agent;
}

/** Never rejects. */
function ask(one: AskedRequest, { dialect, url, headers, body, agent }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', agent, headers });
    outgoing.on('error', () => {
      resolve();
    });
    outgoing.once('response', (response) => {
      noteAnswer(one, dialect, response, resolve);
    });
    outgoing.end(body);
  });
}

/** The event that tells a client what its question has cost, and the one without which a stream is not whole. */
const EVENTS: Readonly<Record<DialectName, { readonly telling: string; readonly last: string }>> = {
  'claude-console': { telling: 'event: message_start', last: 'event: message_stop' },
  codex: { telling: 'event: response.completed', last: 'event: response.completed' },
};

function noteAnswer(one: AskedRequest, dialect: DialectName, response: IncomingMessage, done: () => void): void {
  const { telling, last } = EVENTS[dialect];
  one.status = response.statusCode ?? 0;
  one.requestId = String(response.headers['x-relay-request-id'] ?? '');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (one.stream && one.status === 200) one.hasBegun ||= text.includes(telling);
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    const isGood = response.complete && one.status === 200;
    one.isWhole = isGood && (one.stream ? text.includes(last) : text.endsWith('}'));
    one.hasBegun ||= one.isWhole;
    done();
  });
}

/** A third of the messages write to the cache for five minutes or an hour, so that all classes of tokens are used. */
function messageContent({ number }: AskedRequest, text: string): readonly unknown[] {
  const cache = { cache_control: { type: 'ephemeral', ...(number % 2 === 0 ? { ttl: '1h' } : {}) } };
  return [{ type: 'text', text, ...(number % 3 === 0 ? cache : {}) }];
}

function bodyOf(one: AskedRequest, dialect: DialectName, session: string): string {
  const withText = (text: string): string => {
    const body = DIALECTS[dialect].bodyOf({ stream: one.stream, text, session });
    const messages = [{ role: 'user', content: messageContent(one, text) }];
    return JSON.stringify(dialect === 'claude-console' ? { ...body, messages } : body);
  };
  const padding = 'x'.repeat((LEAST_TOKENS + one.number) * BYTES_PER_TOKEN - withText('').length);
  const body = withText(padding);
  if (numberOf(inputTokensOf(Buffer.from(body))) !== one.number)
    throw new Error(`request ${one.number} cannot be told by its tokens`);
  return body;
}
