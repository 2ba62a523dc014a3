import type { ChatRequest, ChatResponseFormat, ChatTool, ChatToolChoice, JsonObject } from './chat-request.js';
import { toClaudeSchema } from './claude-schema.js';
import { calledTools, isTold, toConversation } from './messages-turns.js';

/** Asked of a model that cannot be held to JSON. */
const JSON_ONLY = 'Answer with one JSON object and nothing else: no code fence, no words around it.';

/** The protocol's own bound of `metadata.user_id`. */
const LONGEST_USER = 256;

/** What each model can write at most, or somewhat less; the first that fits the name. Older ones refuse to be asked for more. */
const MOST_TOKENS: readonly (readonly [name: RegExp, tokens: number])[] = [
  [/claude-(?:instant|2|3-(?:opus|sonnet|haiku))/, 4096],
  [/claude-3-5/, 8192],
  [/claude/, 32_000],
];
/** A name that says nothing may be mapped to any model that is still served. */
const TOKENS_OF_UNKNOWN = 8192;

/** Claude models of which it is known that they still take them; all later ones refuse the whole request. */
const TAKES_SAMPLING = /claude-(?:instant|[23]|(?:opus|sonnet|haiku)-4(?![-.][7-9]))/;

/**
 * The body of a Messages request. `model` is its first member.
 *
 * @param upstreamModel the name that tells what the model takes
 */
export function toMessagesBody(chat: ChatRequest, model: string, upstreamModel: string): JsonObject {
  const { system, turns } = toConversation(chat.messages);
  const told = wantsAnyJson(chat) ? [...system, JSON_ONLY] : system;
  const stops = chat.stop.filter(isTold);
  const { user } = chat;
  return {
    model,
    max_tokens: chat.maxTokens ?? mostTokensOf(upstreamModel),
    ...(told.length > 0 && { system: told.map((text) => ({ type: 'text', text })) }),
    messages: turns,
    ...toolsOf(chat),
    ...samplingOf(chat, upstreamModel),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...outputConfigOf(chat),
    ...(user !== null && user !== '' && user.length <= LONGEST_USER && { metadata: { user_id: user } }),
    ...(chat.stream && { stream: true }),
  };
}

function mostTokensOf(model: string): number {
  return MOST_TOKENS.find(([name]) => name.test(model))?.[1] ?? TOKENS_OF_UNKNOWN;
}

function toolsOf(chat: ChatRequest): JsonObject {
  const { tools, toolChoice, parallelToolCalls } = chat;
  if (tools.length > 0) {
    const choice = toToolChoice(toolChoice, parallelToolCalls === false);
    return { tools: tools.map(toTool), ...(choice !== null && { tool_choice: choice }) };
  }
  // The protocol wants every tool that the conversation shows explained, if only to say that it is not to be called.
  const called = calledTools(chat.messages);
  return called.length === 0 ? {} : { tools: called.map(toTool), tool_choice: { type: 'none' } };
}

function toTool({ name, description, parameters }: ChatTool): JsonObject {
  const schema = parameters ?? { properties: {} };
  const told = isTold(description) ? { description } : {};
  return { name, ...told, input_schema: { type: 'object', ...schema } };
}

function toToolChoice(choice: ChatToolChoice | null, isOneOnly: boolean): JsonObject | null {
  const one = isOneOnly ? { disable_parallel_tool_use: true } : {};
  switch (choice?.kind) {
    case undefined:
      return isOneOnly ? { type: 'auto', ...one } : null;
    case 'auto':
      return { type: 'auto', ...one };
    case 'none':
      return { type: 'none' };
    case 'required':
      return { type: 'any', ...one };
    case 'named':
      return { type: 'tool', name: choice.name, ...one };
  }
}

/** 1 is what both mean when they are left out, and a request with both of them is refused by some models. */
function samplingOf({ temperature, topP }: ChatRequest, model: string): JsonObject {
  if (!TAKES_SAMPLING.test(model)) return {};
  if (temperature !== null && temperature < 1) return { temperature };
  return topP === null || topP === 1 ? {} : { top_p: topP };
}

/** JSON of which no more is said than that it is an object. */
const wantsAnyJson = ({ responseFormat }: ChatRequest): boolean =>
  responseFormat !== null && schemaOf(responseFormat) === null;

const schemaOf = (format: ChatResponseFormat): JsonObject | null =>
  format.kind === 'json_schema' ? format.schema : null;

function outputConfigOf({ responseFormat }: ChatRequest): JsonObject {
  const schema = responseFormat === null ? null : schemaOf(responseFormat);
  return schema === null ? {} : { output_config: { format: { type: 'json_schema', schema: toClaudeSchema(schema) } } };
}
