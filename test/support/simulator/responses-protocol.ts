import { OPENAI_OVERLOAD, openAiErrorBody, openAiStatusOf, withOpenAiUsage } from './openai-words.ts';
import type { Reply, ReplyEvent, ReplyPlan, ReplyProtocol } from './reply.ts';
import { pieces } from './reply.ts';
import type { ContentBlock, SimulatedError, SimulatedUsage } from './step.ts';

type Item = Record<string, unknown>;
export type Draft = readonly [type: string, fields: Record<string, unknown>];

/** OpenAI counts what was read from the cache or written to it inside the input, and reasoning inside the output. */
export function responsesFigures(usage: SimulatedUsage): Record<string, unknown> {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheCreateTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheCreateTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: input + usage.outputTokens,
  };
}

/** Why an answer is not complete; null = it is. */
function incompleteReason({ stopReason }: ReplyPlan): string | null {
  if (stopReason === 'max_tokens') return 'max_output_tokens';
  return stopReason === 'content_filter' ? 'content_filter' : null;
}

function response(plan: ReplyPlan, status: string, output: readonly Item[], usage: unknown): Record<string, unknown> {
  const reason = status === 'incomplete' ? incompleteReason(plan) : null;
  return {
    id: `resp_${plan.id}`,
    object: 'response',
    created_at: 0,
    status,
    service_tier: status === 'in_progress' ? 'auto' : plan.serviceTier,
    model: plan.model,
    output,
    error: null,
    incomplete_details: reason === null ? null : { reason },
    usage,
  };
}

function contentOf(block: ContentBlock): Item[] {
  if (block.type === 'text') return [{ type: 'output_text', text: block.text, annotations: [] }];
  return block.type === 'refusal' ? [{ type: 'refusal', refusal: block.refusal }] : [];
}

function item(plan: ReplyPlan, block: ContentBlock, index: number, status: string): Item {
  const id = `item_${plan.id.slice(0, 20)}${index}`;
  const isDone = status !== 'in_progress';
  if (block.type === 'thinking') {
    const summary = isDone && block.thinking !== '' ? [{ type: 'summary_text', text: block.thinking }] : [];
    return { id, type: 'reasoning', summary, encrypted_content: isDone ? block.signature : '' };
  }
  if (block.type === 'tool_use') {
    const text = isDone ? JSON.stringify(block.input) : '';
    return { id, type: 'function_call', status, call_id: `call_${index}`, name: block.name, arguments: text };
  }
  return { id, type: 'message', role: 'assistant', status, content: isDone ? contentOf(block) : [] };
}

type Place = Readonly<Record<string, unknown>>;

function textDrafts(plan: ReplyPlan, text: string, place: Place): Draft[] {
  const part = (value: string) => ({ type: 'output_text', text: value, annotations: [] });
  const at = { ...place, content_index: 0 };
  return [
    ['response.content_part.added', { ...at, part: part('') }],
    ...pieces(text, plan.deltaChars).map((delta): Draft => ['response.output_text.delta', { ...at, delta }]),
    ['response.output_text.done', { ...at, text }],
    ['response.content_part.done', { ...at, part: part(text) }],
  ];
}

function refusalDrafts(plan: ReplyPlan, refusal: string, place: Place): Draft[] {
  const at = { ...place, content_index: 0 };
  return [
    ['response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } }],
    ...pieces(refusal, plan.deltaChars).map((delta): Draft => ['response.refusal.delta', { ...at, delta }]),
    ['response.refusal.done', { ...at, refusal }],
    ['response.content_part.done', { ...at, part: { type: 'refusal', refusal } }],
  ];
}

function summaryDrafts(plan: ReplyPlan, text: string, place: Place): Draft[] {
  if (text === '') return [];
  const at = { ...place, summary_index: 0 };
  const part = (value: string) => ({ type: 'summary_text', text: value });
  return [
    ['response.reasoning_summary_part.added', { ...at, part: part('') }],
    ...pieces(text, plan.deltaChars).map((delta): Draft => ['response.reasoning_summary_text.delta', { ...at, delta }]),
    ['response.reasoning_summary_text.done', { ...at, text }],
    ['response.reasoning_summary_part.done', { ...at, part: part(text) }],
  ];
}

function callDrafts(plan: ReplyPlan, text: string, place: Place): Draft[] {
  const type = 'response.function_call_arguments';
  return [
    ...pieces(text, plan.deltaChars).map((delta): Draft => [`${type}.delta`, { ...place, delta }]),
    [`${type}.done`, { ...place, arguments: text }],
  ];
}

function innerDrafts(plan: ReplyPlan, block: ContentBlock, place: Place): Draft[] {
  if (block.type === 'text') return textDrafts(plan, block.text, place);
  if (block.type === 'refusal') return refusalDrafts(plan, block.refusal, place);
  if (block.type === 'thinking') return summaryDrafts(plan, block.thinking, place);
  return callDrafts(plan, JSON.stringify(block.input), place);
}

/** Only the last item of an answer that was cut short is not complete. */
function statusOfItem(plan: ReplyPlan, index: number): string {
  return incompleteReason(plan) !== null && index === plan.blocks.length - 1 ? 'incomplete' : 'completed';
}

function blockDrafts(plan: ReplyPlan, block: ContentBlock, index: number): Draft[] {
  const started = item(plan, block, index, 'in_progress');
  const done = item(plan, block, index, statusOfItem(plan, index));
  return [
    ['response.output_item.added', { output_index: index, item: started }],
    ...innerDrafts(plan, block, { item_id: started['id'], output_index: index }),
    ['response.output_item.done', { output_index: index, item: done }],
  ];
}

function toEvent([type, fields]: Draft, sequence: number): ReplyEvent {
  return { event: type, data: JSON.stringify({ type, sequence_number: sequence, ...fields }) };
}

/** Numbers the drafts between the opening of an answer and its end. */
export function responsesEvents(plan: ReplyPlan, drafts: readonly Draft[], end: Draft): ReplyEvent[] {
  const started = response(plan, 'in_progress', [], null);
  const opening: Draft[] = [
    ['response.created', { response: started }],
    ['response.in_progress', { response: started }],
    ...Array.from({ length: plan.pings }, (): Draft => ['keepalive', {}]),
  ];
  const before = [...opening, ...drafts].map(toEvent);
  return [...before, { ...toEvent(end, before.length), reports: { stage: 'final', usage: plan.usage } }];
}

function failedEvent({ type, message, code, more }: SimulatedError): ReplyEvent {
  const error = { code: code ?? type, message, ...more };
  return toEvent(['response.failed', { response: { object: 'response', status: 'failed', output: [], error } }], 0);
}

/** OpenAI's Responses API. */
export const responsesProtocol: ReplyProtocol = {
  overload: OPENAI_OVERLOAD,
  statusOf: openAiStatusOf,
  reply(asked: ReplyPlan): Reply {
    const plan = withOpenAiUsage(asked);
    const status = incompleteReason(plan) === null ? 'completed' : 'incomplete';
    const output = plan.blocks.map((block, index) => item(plan, block, index, statusOfItem(plan, index)));
    const done = response(plan, status, output, responsesFigures(plan.usage));
    const drafts = plan.blocks.flatMap((block, index) => blockDrafts(plan, block, index));
    const events = responsesEvents(plan, drafts, [`response.${status}`, { response: done }]);
    return { json: done, events, usage: plan.usage };
  },
  errorBody: openAiErrorBody,
  errorEvent: failedEvent,
};
