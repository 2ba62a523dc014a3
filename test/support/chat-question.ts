import type { ReplyPlan } from './simulator/reply.js';
import type { ContentBlock } from './simulator/step.js';
import { testRelayRequest } from './test-relay-request.js';

/** A chat request of a client that wants to know the usage. */
export const chatQuestion = testRelayRequest({
  protocol: 'openai',
  endpoint: 'chat_completions',
  path: '/openai/v1/chat/completions',
  body: Buffer.from(
    '{"messages":[{"role":"user","content":"Hello"}],"stream_options":{"include_usage":true},"model":"asked"}',
  ),
  model: 'gpt-5',
  askedModel: 'asked',
  stream: true,
});

const usage = {
  inputTokens: 100,
  outputTokens: 40,
  cacheReadTokens: 30,
  cacheCreateTokens: 0,
  ephemeral5mTokens: 0,
  ephemeral1hTokens: 0,
  hasCacheSplit: false,
  reasoningTokens: 9,
};
/** How a chat tells the usage of `replyPlan`. */
export const TOLD_USAGE = {
  prompt_tokens: 130,
  completion_tokens: 40,
  total_tokens: 170,
  prompt_tokens_details: { cached_tokens: 30 },
  completion_tokens_details: { reasoning_tokens: 9 },
};

/** What an upstream answers. */
export const replyPlan = (blocks: readonly ContentBlock[], change: Partial<ReplyPlan> = {}): ReplyPlan => ({
  id: '0123456789abcdef0123456789abcdef',
  model: 'gpt-5-2025',
  blocks,
  usage,
  stopReason: 'end_turn',
  serviceTier: 'default',
  includesUsage: false,
  deltaChars: 3,
  pings: 0,
  ...change,
});
