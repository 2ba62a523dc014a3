import { OPENAI_OVERLOAD, openAiErrorBody, openAiStatusOf, withOpenAiUsage } from './openai-words.ts';
import type { Reply, ReplyEvent, ReplyPlan, ReplyProtocol } from './reply.ts';
import { pieces } from './reply.ts';
import type { ContentBlock, SimulatedUsage } from './step.ts';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  tool_use: 'tool_calls',
  max_tokens: 'length',
  content_filter: 'content_filter',
};
const DONE: ReplyEvent = { data: '[DONE]' };

function figures(usage: SimulatedUsage): Record<string, unknown> {
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheCreateTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheCreateTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

function textOf(blocks: readonly ContentBlock[]): string | null {
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts.length === 0 ? null : texts.join('');
}

function refusalOf(blocks: readonly ContentBlock[]): string | null {
  return blocks.flatMap((block) => (block.type === 'refusal' ? [block.refusal] : [])).at(0) ?? null;
}

interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

function callsOf({ blocks }: ReplyPlan): ToolCall[] {
  const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
  return calls.map((block, index) => ({
    id: `call_${index}`,
    type: 'function',
    function: { name: block.name, arguments: JSON.stringify(block.input) },
  }));
}

function message(plan: ReplyPlan): Record<string, unknown> {
  const calls = callsOf(plan);
  return {
    role: 'assistant',
    content: textOf(plan.blocks),
    refusal: refusalOf(plan.blocks),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function shell(plan: ReplyPlan, object: string): Record<string, unknown> {
  const { id, model, serviceTier } = plan;
  return { id: `chatcmpl-${id}`, object, created: 0, model, service_tier: serviceTier };
}

function callDeltas(call: ToolCall, index: number, size: number): Record<string, unknown>[] {
  const { id, type } = call;
  const { name } = call.function;
  return [
    { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
    ...pieces(call.function.arguments, size).map((part) => ({
      tool_calls: [{ index, function: { arguments: part } }],
    })),
  ];
}

function deltas(plan: ReplyPlan): Record<string, unknown>[] {
  const size = plan.deltaChars;
  return [
    { role: 'assistant', content: '', refusal: null },
    ...pieces(refusalOf(plan.blocks) ?? '', size).map((refusal) => ({ refusal })),
    ...pieces(textOf(plan.blocks) ?? '', size).map((content) => ({ content })),
    ...callsOf(plan).flatMap((call, index) => callDeltas(call, index, size)),
  ];
}

/** With figures asked for, each chunk has the member, and only the last one, without a choice, has them. */
function streamOf(plan: ReplyPlan, finishReason: string): ReplyEvent[] {
  const none = plan.includesUsage ? { usage: null } : {};
  const chunk = (fields: Record<string, unknown>): ReplyEvent => ({
    data: JSON.stringify({ ...shell(plan, 'chat.completion.chunk'), ...none, ...fields }),
  });
  const choice = (delta: Record<string, unknown>, reason: string | null): ReplyEvent =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] });
  const closing: ReplyEvent = {
    ...chunk({ choices: [], usage: figures(plan.usage) }),
    reports: { stage: 'final', usage: plan.usage },
  };
  return [
    ...deltas(plan).map((delta) => choice(delta, null)),
    choice({}, finishReason),
    ...(plan.includesUsage ? [closing] : []),
    DONE,
  ];
}

/** OpenAI's Chat Completions API. */
export const chatProtocol: ReplyProtocol = {
  overload: OPENAI_OVERLOAD,
  statusOf: openAiStatusOf,
  reply(asked: ReplyPlan): Reply {
    const plan = withOpenAiUsage(asked);
    const finishReason = FINISH_REASONS[plan.stopReason] ?? 'stop';
    const choice = { index: 0, message: message(plan), logprobs: null, finish_reason: finishReason };
    return {
      json: { ...shell(plan, 'chat.completion'), choices: [choice], usage: figures(plan.usage) },
      events: streamOf(plan, finishReason),
      usage: plan.usage,
    };
  },
  errorBody: openAiErrorBody,
  errorEvent: (error) => ({ data: JSON.stringify(openAiErrorBody(error)) }),
};
