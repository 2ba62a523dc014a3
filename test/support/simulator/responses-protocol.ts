import type { Reply, ReplyEvent, ReplyPlan, ReplyProtocol } from './reply.ts';
import { pieces } from './reply.ts';
import type { ContentBlock } from './step.ts';

type Item = Record<string, unknown>;
type Draft = readonly [type: string, fields: Record<string, unknown>];

/** OpenAI counts cached tokens inside the input; cache writes are not a thing of theirs. */
function usageFigures({ usage }: ReplyPlan): Record<string, unknown> {
  const input = usage.inputTokens + usage.cacheReadTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + usage.outputTokens,
  };
}

function response(plan: ReplyPlan, status: string, output: readonly Item[], usage: unknown): Record<string, unknown> {
  return {
    id: `resp_${plan.id}`,
    object: 'response',
    created_at: 0,
    status,
    model: plan.model,
    output,
    error: null,
    incomplete_details: null,
    usage,
  };
}

function item(plan: ReplyPlan, block: ContentBlock, index: number, status: string): Item {
  const id = `item_${plan.id.slice(0, 20)}${index}`;
  if (block.type === 'thinking') {
    return { id, type: 'reasoning', summary: [], encrypted_content: block.signature };
  }
  if (block.type === 'tool_use') {
    const text = status === 'completed' ? JSON.stringify(block.input) : '';
    return { id, type: 'function_call', status, call_id: `call_${index}`, name: block.name, arguments: text };
  }
  const content = status === 'completed' ? [{ type: 'output_text', text: block.text, annotations: [] }] : [];
  return { id, type: 'message', role: 'assistant', status, content };
}

function textDrafts(plan: ReplyPlan, text: string, place: Record<string, unknown>): Draft[] {
  const part = (value: string) => ({ type: 'output_text', text: value, annotations: [] });
  const at = { ...place, content_index: 0 };
  return [
    ['response.content_part.added', { ...at, part: part('') }],
    ...pieces(text, plan.deltaChars).map((delta): Draft => ['response.output_text.delta', { ...at, delta }]),
    ['response.output_text.done', { ...at, text }],
    ['response.content_part.done', { ...at, part: part(text) }],
  ];
}

function callDrafts(plan: ReplyPlan, text: string, place: Record<string, unknown>): Draft[] {
  return [
    ...pieces(text, plan.deltaChars).map((delta): Draft => [
      'response.function_call_arguments.delta',
      { ...place, delta },
    ]),
    ['response.function_call_arguments.done', { ...place, arguments: text }],
  ];
}

function blockDrafts(plan: ReplyPlan, block: ContentBlock, index: number): Draft[] {
  const started = item(plan, block, index, 'in_progress');
  const place = { item_id: started['id'], output_index: index };
  const inner =
    block.type === 'text'
      ? textDrafts(plan, block.text, place)
      : block.type === 'tool_use'
        ? callDrafts(plan, JSON.stringify(block.input), place)
        : [];
  return [
    ['response.output_item.added', { output_index: index, item: started }],
    ...inner,
    ['response.output_item.done', { output_index: index, item: item(plan, block, index, 'completed') }],
  ];
}

function toEvent([type, fields]: Draft, sequence: number): ReplyEvent {
  return { event: type, data: JSON.stringify({ type, sequence_number: sequence, ...fields }) };
}

/** OpenAI's Responses API. */
export const responsesProtocol: ReplyProtocol = {
  reply(plan: ReplyPlan): Reply {
    const output = plan.blocks.map((block, index) => item(plan, block, index, 'completed'));
    const done = response(plan, 'completed', output, usageFigures(plan));
    const started = response(plan, 'in_progress', [], null);
    const drafts: Draft[] = [
      ['response.created', { response: started }],
      ['response.in_progress', { response: started }],
      ...plan.blocks.flatMap((block, index) => blockDrafts(plan, block, index)),
      ['response.completed', { response: done }],
    ];
    const events = drafts.map(toEvent);
    const last = events.length - 1;
    return {
      json: done,
      events: events.map((each, index) =>
        index === last ? { ...each, reports: { stage: 'final', usage: plan.usage } } : each,
      ),
      usage: plan.usage,
    };
  },
  errorBody: ({ type, message, code }) => ({ error: { message, type, param: null, code: code ?? null } }),
  errorEvent: ({ type, message, code }) =>
    toEvent(['response.failed', { response: { status: 'failed', error: { code: code ?? type, message } } }], 0),
};
