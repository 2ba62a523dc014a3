import type { RelayRequest } from '@crs/extension-api';
import { encodeSse } from '@crs/sse';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Figures in tokens, as the upstream told them. */
export interface ChatUsage {
  /** Cached tokens included. */
  readonly promptTokens: number;
  /** Read from the cache. */
  readonly cachedTokens: number;
  /** Reasoning included. */
  readonly completionTokens: number;
  /** Null: the upstream does not tell it apart. */
  readonly reasoningTokens: number | null;
}

export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as text. */
  readonly arguments: string;
}

/** All that an answer says. */
export interface ChatAnswer {
  /** Null: it said nothing. */
  readonly content: string | null;
  readonly refusal: string | null;
  /** What may be shown of the model's reasoning, as `reasoning_content`; left out where null. */
  readonly reasoning: string | null;
  readonly toolCalls: readonly ChatToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: ChatUsage | null;
}

export interface ChatError {
  /** The upstream's own type. */
  readonly type: string;
  readonly message: string;
  /** The upstream's own code, which readers prefer to the type; null = it has none. */
  readonly code: string | null;
}

type Members = Readonly<Record<string, unknown>>;
type Asked = Pick<RelayRequest, 'id' | 'receivedAt' | 'askedModel'>;

/** A whole `chat.completion`. @param request the client's */
export function encodeChatAnswer(answer: ChatAnswer, request: Asked): Buffer {
  const { content, refusal, reasoning, toolCalls, finishReason, usage } = answer;
  const message = {
    role: 'assistant',
    content,
    refusal,
    ...(reasoning !== null && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toToolCall) }),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason };
  const told = usage === null ? {} : { usage: toUsage(usage) };
  return Buffer.from(JSON.stringify({ ...headOf(request, 'chat.completion'), choices: [choice], ...told }));
}

/** The body of an error answer. Further members are told, too. */
export const encodeChatError = (error: ChatError): Buffer => Buffer.from(JSON.stringify(toError(error)));

/** The same as an event. */
export const encodeChatErrorEvent = (error: ChatError): Buffer => encodeData(toError(error));

/** One streamed answer: each method gives the events that say what it is named for. The role comes before all else. */
export class ChatStream {
  private readonly head: Members;
  private isOpen = false;

  /**
   * @param request the client's
   * @param includeUsage the client has asked for the chunk that tells the usage
   */
  constructor(
    request: Asked,
    private readonly includeUsage: boolean,
  ) {
    this.head = headOf(request, 'chat.completion.chunk');
  }

  /** The role alone, once; it tells the client nothing yet. */
  open(): Buffer {
    return this.say({}, null);
  }

  content(text: string): Buffer {
    return this.say({ content: text }, null);
  }

  refusal(text: string): Buffer {
    return this.say({ refusal: text }, null);
  }

  /** As in `ChatAnswer`. */
  reasoning(text: string): Buffer {
    return this.say({ reasoning_content: text }, null);
  }

  /** A tool call begins. @param index 0 for the answer's first call, 1 for its second */
  toolCall(index: number, { id, name }: Pick<ChatToolCall, 'id' | 'name'>): Buffer {
    return this.say({ tool_calls: [{ index, ...toToolCall({ id, name, arguments: '' }) }] }, null);
  }

  /** A piece of the arguments of a call that has begun. */
  toolArguments(index: number, json: string): Buffer {
    return this.say({ tool_calls: [{ index, function: { arguments: json } }] }, null);
  }

  /** The end of the answer: why, the usage where it was asked for, and `[DONE]`. */
  finish(reason: FinishReason, usage: ChatUsage | null): Buffer {
    const told =
      this.includeUsage && usage !== null ? [encodeData({ ...this.head, choices: [], usage: toUsage(usage) })] : [];
    return Buffer.concat([this.say({}, reason), ...told, DONE]);
  }

  private say(delta: Members, finishReason: FinishReason | null): Buffer {
    const opening = this.isOpen ? [] : [this.encodeChunk({ role: 'assistant', content: '' }, null)];
    this.isOpen = true;
    const isSaid = finishReason !== null || Object.keys(delta).length > 0;
    return Buffer.concat(isSaid ? [...opening, this.encodeChunk(delta, finishReason)] : opening);
  }

  private encodeChunk(delta: Members, finishReason: FinishReason | null): Buffer {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finishReason };
    return encodeData({ ...this.head, choices: [choice], ...(this.includeUsage && { usage: null }) });
  }
}

const DONE = Buffer.from('data: [DONE]\n\n');

const headOf = ({ id, receivedAt, askedModel }: Asked, object: string): Members => ({
  id: `chatcmpl-${id.replace(/^req_/, '')}`,
  object,
  created: Math.floor(receivedAt.getTime() / 1000),
  model: askedModel,
});

const toToolCall = ({ id, name, arguments: json }: ChatToolCall): Members => ({
  id,
  type: 'function',
  function: { name, arguments: json },
});

const toUsage = ({ promptTokens, cachedTokens, completionTokens, reasoningTokens }: ChatUsage): Members => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
  ...(reasoningTokens !== null && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
});

const toError = ({ message, type, code, ...more }: ChatError): Members => ({
  error: { message, type, param: null, code, ...more },
});

const encodeData = (value: Members): Buffer => encodeSse({ event: null, data: JSON.stringify(value) });
