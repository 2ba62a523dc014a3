import { RelayError } from '@crs/extension-api';
import type {
  ChatMessage,
  ChatPart,
  ChatRequest,
  ChatResponseFormat,
  ChatText,
  ChatTool,
  ChatToolChoice,
  ChatToolMessage,
  JsonObject,
} from './chat-request.js';

/** The API refuses to be asked for less. */
const LEAST_OUTPUT_TOKENS = 16;

/**
 * The body of a Responses request. `model` is its first member.
 *
 * @throws RelayError `invalid_request` for what cannot be said there, naming the field
 */
export function toResponsesBody(chat: ChatRequest, model: string): JsonObject {
  if (chat.stop.length > 0) throw new RelayError('invalid_request', 'stop: it is not supported with this model');
  return withoutNulls({
    model,
    input: chat.messages.flatMap(toItems),
    tools: chat.tools.length === 0 ? null : chat.tools.map(toTool),
    tool_choice: chat.toolChoice === null ? null : toToolChoice(chat.toolChoice),
    parallel_tool_calls: chat.parallelToolCalls,
    text: textOf(chat),
    max_output_tokens: chat.maxTokens === null ? null : Math.max(chat.maxTokens, LEAST_OUTPUT_TOKENS),
    reasoning: chat.reasoningEffort === null ? null : { effort: chat.reasoningEffort },
    temperature: chat.temperature,
    top_p: chat.topP,
    user: chat.user,
    metadata: chat.metadata,
    service_tier: chat.serviceTier,
    prompt_cache_key: chat.promptCacheKey,
    store: false,
    stream: chat.stream,
  });
}

/**
 * Instructions stay items of the conversation: they may stand anywhere in it, and `instructions` belongs to whoever adapts
 * a request for an upstream that expects its own text there.
 */
function toItems(message: ChatMessage): readonly JsonObject[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [toMessage('developer', message.content.map(toInput))];
    case 'user':
      return [toMessage('user', message.content.map(toInput))];
    case 'assistant': {
      const said = message.content.filter(({ text }) => text !== '').map(toOutput);
      const calls = message.toolCalls.map(({ id, name, arguments: json }) => ({
        type: 'function_call',
        call_id: id,
        name,
        arguments: json,
      }));
      return said.length === 0 ? calls : [toMessage('assistant', said), ...calls];
    }
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: outputOf(message) }];
  }
}

const toMessage = (role: string, content: readonly JsonObject[]): JsonObject => ({ type: 'message', role, content });

const toOutput = ({ text }: ChatText): JsonObject => ({ type: 'output_text', text });

function toInput(part: ChatPart): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image':
      return { type: 'input_image', image_url: part.url, detail: part.detail ?? 'auto' };
    case 'file':
      return withoutNulls({ type: 'input_file', filename: part.filename, file_data: part.url });
  }
}

/** Text alone is told as text: many upstreams know no other form. */
function outputOf({ content }: ChatToolMessage): string | readonly JsonObject[] {
  const texts = content.filter((part) => part.type === 'text');
  return texts.length === content.length ? texts.map(({ text }) => text).join('\n') : content.map(toInput);
}

/** Left out, `strict` means false in a chat, and true in Responses. */
function toTool({ name, description, parameters, strict }: ChatTool): JsonObject {
  return {
    type: 'function',
    name,
    ...(description !== null && { description }),
    parameters: parameters ?? {
      type: 'object',
      properties: {},
      ...(strict === true && { additionalProperties: false }),
    },
    strict: strict ?? false,
  };
}

const toToolChoice = (choice: ChatToolChoice): string | JsonObject =>
  choice.kind === 'named' ? { type: 'function', name: choice.name } : choice.kind;

function textOf({ responseFormat, verbosity }: ChatRequest): JsonObject | null {
  if (responseFormat === null && verbosity === null) return null;
  return withoutNulls({ format: responseFormat === null ? null : toFormat(responseFormat), verbosity });
}

function toFormat(format: ChatResponseFormat): JsonObject {
  if (format.kind === 'json_object') return { type: 'json_object' };
  const { kind, schema, ...rest } = format;
  return withoutNulls({ type: kind, ...rest, schema: schema ?? { type: 'object' } });
}

/** Null says nothing in a chat. */
const withoutNulls = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
