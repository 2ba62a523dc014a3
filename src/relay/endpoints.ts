import { anthropic } from './protocols/anthropic.js';
import type { Protocol } from './protocols/protocol.js';

/** What one client call is, by its route. */
export interface Endpoint {
  readonly protocol: Protocol;
  /** In the protocol's words. */
  readonly name: string;
  /** What it uses is booked. */
  readonly isBooked: boolean;
}

export const MESSAGES: Endpoint = { protocol: anthropic, name: 'messages', isBooked: true };
export const COUNT_TOKENS: Endpoint = { protocol: anthropic, name: 'count_tokens', isBooked: false };
