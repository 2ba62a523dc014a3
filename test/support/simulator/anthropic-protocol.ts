import type { Reply, ReplyEvent, ReplyPlan, ReplyProtocol } from './reply.ts';
import { pieces } from './reply.ts';
import type { ContentBlock, SimulatedUsage } from './step.ts';

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

function finishedBlock(plan: ReplyPlan, block: ContentBlock, index: number): Record<string, unknown> {
  return block.type === 'tool_use' ? { ...block, id: toolId(plan, index) } : { ...block };
}

function emptyBlock(plan: ReplyPlan, block: ContentBlock, index: number): Record<string, unknown> {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return { type: 'tool_use', id: toolId(plan, index), name: block.name, input: {} };
}

function deltas(block: ContentBlock, size: number): Record<string, unknown>[] {
  if (block.type === 'text') return pieces(block.text, size).map((text) => ({ type: 'text_delta', text }));
  if (block.type === 'tool_use') {
    return pieces(JSON.stringify(block.input), size).map((part) => ({ type: 'input_json_delta', partial_json: part }));
  }
  const thoughts = pieces(block.thinking, size).map((thinking) => ({ type: 'thinking_delta', thinking }));
  return [...thoughts, { type: 'signature_delta', signature: block.signature }];
}

function blockEvents(plan: ReplyPlan, block: ContentBlock, index: number): ReplyEvent[] {
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
  reply(plan: ReplyPlan): Reply {
    const content = plan.blocks.map((block, index) => finishedBlock(plan, block, index));
    return {
      json: message(plan, content, fullUsage(plan.usage), plan.stopReason),
      events: [
        startEvent(plan),
        ...Array.from({ length: plan.pings }, () => event('ping', {})),
        ...plan.blocks.flatMap((block, index) => blockEvents(plan, block, index)),
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
