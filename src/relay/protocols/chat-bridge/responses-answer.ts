import { asRecord, asText, type JsonRecord, parseJson } from '@crs/platform-kit';
import type { ChatAnswer, ChatToolCall, ChatUsage, FinishReason } from './chat-answer.js';

const NOTHING: JsonRecord = {};

/** What the items of an answer may say to a chat. */
export type Said = 'content' | 'refusal' | 'reasoning';

/** A whole response. What a chat has no words for is left out. */
export function toChatAnswer(body: Buffer): ChatAnswer {
  const response = asRecord(parseJson(body.toString('utf8'))) ?? NOTHING;
  const items = itemsOf(response);
  const toolCalls = items.filter(isCall).map(toToolCall);
  const said = (kind: Said): string | null => asText(items.map((item) => textOf(item, kind)).join(''));
  return {
    content: said('content'),
    refusal: said('refusal'),
    reasoning: said('reasoning'),
    toolCalls,
    finishReason: toFinishReason(response, toolCalls.length > 0),
    usage: toChatUsage(response),
  };
}

export const itemsOf = (response: JsonRecord): readonly JsonRecord[] => recordsOf(response['output']);

export const isCall = ({ type }: JsonRecord): boolean => type === 'function_call';

/** Without an id of a call there is that of the item. */
export function toToolCall(item: JsonRecord): ChatToolCall {
  return {
    id: asText(item['call_id']) ?? asText(item['id']) ?? '',
    name: asText(item['name']) ?? '',
    arguments: asText(item['arguments']) ?? '',
  };
}

/** What an item says of one kind; empty where it says nothing of it. */
export function textOf(item: JsonRecord, kind: Said): string {
  if (kind === 'reasoning') return item['type'] === 'reasoning' ? summaryOf(item) : '';
  const [type, member] = kind === 'content' ? ['output_text', 'text'] : ['refusal', 'refusal'];
  return recordsOf(item['content'])
    .map((part) => (part['type'] === type ? (asText(part[member]) ?? '') : ''))
    .join('');
}

/** What stands between the parts of a summary. */
export const SUMMARY_BREAK = '\n\n';

const summaryOf = (item: JsonRecord): string =>
  recordsOf(item['summary'])
    .map(({ text }) => asText(text) ?? '')
    .join(SUMMARY_BREAK);

/** What is said of an answer that is not whole. */
const CUT: ReadonlySet<unknown> = new Set(['incomplete', 'cancelled', 'failed']);

/** Why a response ended. @param hasCalls it calls tools */
export function toFinishReason(response: JsonRecord, hasCalls: boolean): FinishReason {
  if (CUT.has(response['status'])) {
    const reason = asRecord(response['incomplete_details'])?.['reason'];
    return reason === 'content_filter' ? 'content_filter' : 'length';
  }
  return hasCalls ? 'tool_calls' : 'stop';
}

/** Null where nothing was told. */
export function toChatUsage(response: JsonRecord): ChatUsage | null {
  const usage = asRecord(response['usage']) ?? NOTHING;
  const input = asTokens(usage['input_tokens']);
  const output = asTokens(usage['output_tokens']);
  if (input === null && output === null) return null;
  return {
    promptTokens: input ?? 0,
    cachedTokens: asTokens(asRecord(usage['input_tokens_details'])?.['cached_tokens']) ?? 0,
    completionTokens: output ?? 0,
    reasoningTokens: asTokens(asRecord(usage['output_tokens_details'])?.['reasoning_tokens']),
  };
}

const recordsOf = (list: unknown): readonly JsonRecord[] =>
  Array.isArray(list) ? list.map((item: unknown) => asRecord(item) ?? NOTHING) : [];

const asTokens = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
