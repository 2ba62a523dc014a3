import { asRecord, asText, type JsonRecord, parseJson, readUpstreamError } from '@crs/platform-kit';
import type { ChatAnswer, ChatError, ChatToolCall, ChatUsage, FinishReason } from './chat-answer.js';
import { parseExactly } from './exact-json.js';

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

const NOTHING: JsonRecord = {};

/** Why an answer ended. @param hasCalls it calls tools, which a client looks for only where the reason says so */
export function toFinishReason(stopReason: unknown, hasCalls: boolean): FinishReason {
  const name = asText(stopReason) ?? '';
  const reason = Object.hasOwn(FINISH_REASONS, name) ? FINISH_REASONS[name] : undefined;
  return reason ?? (hasCalls ? 'tool_calls' : 'stop');
}

/** The answer ends in the middle of what was to be said. */
export const isCut = (stopReason: unknown): boolean => toFinishReason(stopReason, false) === 'length';

/** Why the model would not answer, where it says so. */
export function toRefusal(told: JsonRecord): string | null {
  return told['stop_reason'] === 'refusal' ? asText(asRecord(told['stop_details'])?.['explanation']) : null;
}

/** Everything that was put in, cached or not, is the prompt. Null where nothing was told. */
export function toChatUsage(usage: JsonRecord): ChatUsage | null {
  const tokens = (name: string): number | null => asTokens(usage[name]);
  const input = tokens('input_tokens');
  const output = tokens('output_tokens');
  if (input === null && output === null) return null;
  const cached = tokens('cache_read_input_tokens') ?? 0;
  const written = tokens('cache_creation_input_tokens') ?? 0;
  return {
    promptTokens: (input ?? 0) + cached + written,
    cachedTokens: cached,
    completionTokens: output ?? 0,
    reasoningTokens: asTokens(asRecord(usage['output_tokens_details'])?.['thinking_tokens']),
  };
}

/** A whole message. What a chat has no words for (the work of the upstream's own tools) is left out. */
export function toChatAnswer(body: Buffer): ChatAnswer {
  const text = body.toString('utf8');
  const message = asRecord(parseJson(text)) ?? NOTHING;
  const blocks = blocksOf(message);
  const hasCalls = blocks.some(isCall);
  const toolCalls = hasCalls ? callsOf(blocksOf(parseExactly(text)), message['stop_reason']) : [];
  return {
    content: textsOf(blocks, 'text'),
    refusal: toRefusal(message),
    reasoning: textsOf(blocks, 'thinking'),
    toolCalls,
    finishReason: toFinishReason(message['stop_reason'], hasCalls),
    usage: toChatUsage(asRecord(message['usage']) ?? NOTHING),
  };
}

/** An error body or event of the Messages protocol, or whatever an upstream answers in its place. */
export function toChatError(text: string): ChatError {
  const { type, message } = readUpstreamError(text);
  return {
    type: type === '' || type === 'error' ? 'invalid_request_error' : type,
    message: message.trim() === '' ? 'The upstream refused the request without a word.' : message,
    code: null,
  };
}

/** Blocks of one type, whose text is the member of that name. */
function textsOf(blocks: readonly JsonRecord[], type: 'text' | 'thinking'): string | null {
  return asText(blocks.map((block) => (block['type'] === type ? (asText(block[type]) ?? '') : '')).join(''));
}

function blocksOf(message: unknown): readonly JsonRecord[] {
  const content = asRecord(message)?.['content'];
  return Array.isArray(content) ? content.map((block: unknown) => asRecord(block) ?? NOTHING) : [];
}

const isCall = ({ type }: JsonRecord): boolean => type === 'tool_use';

/** Without the last block where the answer was cut before its first argument: nobody has asked for such a call. */
function callsOf(blocks: readonly JsonRecord[], stopReason: unknown): readonly ChatToolCall[] {
  const whole = blocks.filter((block, i) => !(i === blocks.length - 1 && isCut(stopReason) && hasNoInput(block)));
  return whole.filter(isCall).map(toToolCall);
}

export const hasNoInput = ({ input }: JsonRecord): boolean => Object.keys(asRecord(input) ?? NOTHING).length === 0;

function toToolCall(block: JsonRecord): ChatToolCall {
  return { id: asText(block['id']) ?? '', name: asText(block['name']) ?? '', arguments: inputOf(block) };
}

/** As JSON. */
export const inputOf = ({ input }: JsonRecord): string => JSON.stringify(asRecord(input) ?? NOTHING);

function asTokens(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
