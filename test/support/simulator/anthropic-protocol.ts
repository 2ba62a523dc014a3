import type { Reply, ReplyEvent, ReplyPlan, ReplyProtocol } from './reply.ts';
import { pieces } from './reply.ts';
import type { ContentBlock, SimulatedError, SimulatedUsage } from './step.ts';

const OVERLOADED: SimulatedError = { type: 'overloaded_error', message: 'Overloaded' };

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  overloaded_error: 529,
};

/** Anthropic's messages have no block of their own for a refusal. */
type MessageBlock = Exclude<ContentBlock, { readonly type: 'refusal' }>;

function withoutRefusals({ blocks }: ReplyPlan): readonly MessageBlock[] {
  return blocks.map((block) => (block.type === 'refusal' ? { type: 'text', text: block.refusal } : block));
}

function event(type: string, fields: Record<string, unknown>): ReplyEvent {
  return { event: type, data: JSON.stringify({ type, ...fields }) };
}

function inputFigures(usage: SimulatedUsage): Record<string, number> {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheCreateTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
  };
}

/** The split of cache writes stands in the first event and in JSON answers only, as the real upstream has it. */
function splitFigures(usage: SimulatedUsage): Record<string, unknown> {
  if (!usage.hasCacheSplit) return {};
  return {
    cache_creation: {
      ephemeral_5m_input_tokens: usage.ephemeral5mTokens,
      ephemeral_1h_input_tokens: usage.ephemeral1hTokens,
    },
  };
}

function fullUsage(usage: SimulatedUsage): Record<string, unknown> {
  const output = { output_tokens: usage.outputTokens, service_tier: 'standard' };
  return { ...inputFigures(usage), ...splitFigures(usage), ...output };
}

function toolId(plan: ReplyPlan, index: number): string {
  return `toolu_${plan.id.slice(0, 20)}${index}`;
}

function finishedBlock(plan: ReplyPlan, block: MessageBlock, index: number): Record<string, unknown> {
  return block.type === 'tool_use' ? { ...block, id: toolId(plan, index) } : { ...block };
}

function emptyBlock(plan: ReplyPlan, block: MessageBlock, index: number): Record<string, unknown> {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return { type: 'tool_use', id: toolId(plan, index), name: block.name, input: {} };
}

function deltas(block: MessageBlock, size: number): Record<string, unknown>[] {
  if (block.type === 'text') return pieces(block.text, size).map((text) => ({ type: 'text_delta', text }));
  if (block.type === 'tool_use') {
    return pieces(JSON.stringify(block.input), size).map((part) => ({ type: 'input_json_delta', partial_json: part }));
  }
  const thoughts = pieces(block.thinking, size).map((thinking) => ({ type: 'thinking_delta', thinking }));
  return [...thoughts, { type: 'signature_delta', signature: block.signature }];
}

function blockEvents(plan: ReplyPlan, block: MessageBlock, index: number): ReplyEvent[] {
  return [
    event('content_block_start', { index, content_block: emptyBlock(plan, block, index) }),
    ...deltas(block, plan.deltaChars).map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
}

function message(plan: ReplyPlan, content: unknown[], usage: unknown, stopReason: string | null): unknown {
  return {
    id: `msg_${plan.id}`,
    type: 'message',
    role: 'assistant',
    model: plan.model,
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage,
  };
}

function startEvent(plan: ReplyPlan): ReplyEvent {
  const usage: SimulatedUsage = { ...plan.usage, outputTokens: Math.min(1, plan.usage.outputTokens) };
  return {
    ...event('message_start', { message: message(plan, [], fullUsage(usage), null) }),
    reports: { stage: 'start', usage },
  };
}

function closingEvent(plan: ReplyPlan): ReplyEvent {
  const usage = { ...inputFigures(plan.usage), output_tokens: plan.usage.outputTokens };
  return {
    ...event('message_delta', { delta: { stop_reason: plan.stopReason, stop_sequence: null }, usage }),
    reports: { stage: 'final', usage: plan.usage },
  };
}

/** Anthropic's Messages API. */
export const anthropicProtocol: ReplyProtocol = {
  overload: OVERLOADED,
  statusOf: ({ type }) => STATUS_OF_TYPE[type] ?? 500,
  reply(plan: ReplyPlan): Reply {
    const blocks = withoutRefusals(plan);
    const content = blocks.map((block, index) => finishedBlock(plan, block, index));
    return {
      json: message(plan, content, fullUsage(plan.usage), plan.stopReason),
      events: [
        startEvent(plan),
        ...Array.from({ length: plan.pings }, () => event('ping', {})),
        ...blocks.flatMap((block, index) => blockEvents(plan, block, index)),
        closingEvent(plan),
        event('message_stop', {}),
      ],
      usage: plan.usage,
    };
  },
  errorBody: ({ type, message: text }) => ({
    type: 'error',
    error: { type, message: text },
    request_id: 'req_simulated',
  }),
  errorEvent: ({ type, message: text }) => event('error', { error: { type, message: text } }),
};
