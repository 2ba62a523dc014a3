import type { Endpoint } from './endpoint.js';
import { anthropic } from './protocols/anthropic.js';
import { responses } from './protocols/responses.js';

const asItIs = (): null => null;

export const MESSAGES: Endpoint = {
  protocol: anthropic,
  name: 'messages',
  servedBy: ['anthropic'],
  canStream: true,
  isBooked: true,
  answerLocally: null,
  bridgeTo: asItIs,
};

export const COUNT_TOKENS: Endpoint = {
  protocol: anthropic,
  name: 'count_tokens',
  servedBy: ['anthropic'],
  canStream: false,
  isBooked: false,
  /** Four bytes of the request are about one token, rounded up. */
  answerLocally: ({ body }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ input_tokens: Math.ceil(body.length / 4) })),
  }),
  bridgeTo: asItIs,
};

export const RESPONSES: Endpoint = {
  protocol: responses,
  name: 'responses',
  servedBy: ['openai'],
  canStream: true,
  // It is answered before it has cost anything, and what it costs is told by a route that only its account has.
  unserved: ['background'],
  isBooked: true,
  answerLocally: null,
  bridgeTo: asItIs,
};

/** A long thread made short; answered as a whole unless the client asks for a stream. */
export const COMPACT: Endpoint = { ...RESPONSES, name: 'compact' };
