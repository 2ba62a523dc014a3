import type { RelayRequest } from '@crs/extension-api';
import type { UpstreamAnswer } from './attempt/attempt-failed.error.js';
import { anthropic } from './protocols/anthropic.js';
import type { Protocol } from './protocols/protocol.js';

/** What one client call is, by its route. */
export interface Endpoint {
  readonly protocol: Protocol;
  /** In the protocol's words. */
  readonly name: string;
  /** Its answer may be a stream; elsewhere `stream` in the body means nothing. */
  readonly canStream: boolean;
  /** What it uses is booked. */
  readonly isBooked: boolean;
  /** The gateway's own answer where an upstream lacks the endpoint and none has answered; null = it has none. */
  readonly answerLocally: ((request: RelayRequest) => UpstreamAnswer) | null;
}

export const MESSAGES: Endpoint = {
  protocol: anthropic,
  name: 'messages',
  canStream: true,
  isBooked: true,
  answerLocally: null,
};

export const COUNT_TOKENS: Endpoint = {
  protocol: anthropic,
  name: 'count_tokens',
  canStream: false,
  isBooked: false,
  /** Four bytes of the request are about one token, rounded up. */
  answerLocally: ({ body }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ input_tokens: Math.ceil(body.length / 4) })),
  }),
};
