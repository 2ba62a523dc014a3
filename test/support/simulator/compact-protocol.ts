import { withOpenAiUsage } from './openai-words.ts';
import type { Reply, ReplyPlan, ReplyProtocol } from './reply.ts';
import { type Draft, responsesEvents, responsesFigures, responsesProtocol } from './responses-protocol.ts';

/** A long thread made short, sealed: the last message of the user, and what only the upstream can read. */
function outputOf(plan: ReplyPlan): readonly Record<string, unknown>[] {
  const text = plan.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const content = [{ type: 'input_text', text }];
  return [
    { id: `msg_${plan.id}`, type: 'message', role: 'user', status: 'completed', content },
    { id: `cmp_${plan.id}`, type: 'compaction', encrypted_content: `sealed-${plan.id}` },
  ];
}

function itemDrafts(item: Record<string, unknown>, index: number): Draft[] {
  return [
    ['response.output_item.added', { output_index: index, item }],
    ['response.output_item.done', { output_index: index, item }],
  ];
}

/** `/responses/compact`: one whole JSON, or a stream of it where the request insists. */
export const compactProtocol: ReplyProtocol = {
  ...responsesProtocol,
  reply(asked: ReplyPlan): Reply {
    const plan = withOpenAiUsage(asked);
    const output = outputOf(plan);
    const usage = responsesFigures(plan.usage);
    const json = { id: `resp_${plan.id}`, object: 'response.compaction', created_at: 0, output, usage };
    const done = { ...json, object: 'response', status: 'completed', model: plan.model };
    return {
      json,
      events: responsesEvents(plan, output.flatMap(itemDrafts), ['response.completed', { response: done }]),
      usage: plan.usage,
    };
  },
};
