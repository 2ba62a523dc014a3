import type { Endpoint } from './endpoint.js';
import { chatCompletions } from './protocols/chat-bridge/chat-completions.protocol.js';
import { bridgeTo } from './protocols/chat-bridge/bridge-to.js';

/** Chat completions: translated for upstreams that have messages or responses instead. */
export const CHAT_COMPLETIONS: Endpoint = {
  protocol: chatCompletions,
  name: 'chat_completions',
  servedBy: ['openai', 'anthropic'],
  canStream: true,
  isBooked: true,
  answerLocally: null,
  bridgeTo,
};
