export interface ChatText {
  readonly type: 'text';
  /** May be empty. */
  readonly text: string;
}

/** The parts of a `data:` URL. */
export interface InlineData {
  /** Of an image `image/jpeg`, `image/png`, `image/gif` or `image/webp`; of a file `application/pdf`. */
  readonly mediaType: string;
  readonly base64: string;
}

export interface ChatImage {
  readonly type: 'image';
  /** As the client wrote it: a `data:` or a https URL. */
  readonly url: string;
  /** Null = it is to be fetched from the URL. */
  readonly data: InlineData | null;
  /** `auto`, `low` or `high`, or what the client thinks that there is. */
  readonly detail: string | null;
}

export interface ChatFile {
  readonly type: 'file';
  /** The file as a `data:` URL. */
  readonly url: string;
  readonly data: InlineData;
  readonly filename: string | null;
}

export type ChatPart = ChatText | ChatImage | ChatFile;

export interface ChatToolCall {
  /** Named by the model that made the call; of any form. */
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, which may not be any. */
  readonly arguments: string;
}

interface ChatInstruction {
  readonly role: 'system' | 'developer';
  readonly content: readonly ChatText[];
}

interface ChatUserMessage {
  readonly role: 'user';
  readonly content: readonly ChatPart[];
}

export interface ChatAssistantMessage {
  readonly role: 'assistant';
  /** What it said; a refusal is what it said, too. */
  readonly content: readonly ChatText[];
  readonly toolCalls: readonly ChatToolCall[];
}

export interface ChatToolMessage {
  readonly role: 'tool';
  /** One of the calls of the assistant's message before it. */
  readonly toolCallId: string;
  readonly content: readonly ChatPart[];
}

export type ChatMessage = ChatInstruction | ChatUserMessage | ChatAssistantMessage | ChatToolMessage;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ChatTool {
  readonly name: string;
  readonly description: string | null;
  /** A JSON schema; null = the function takes nothing. */
  readonly parameters: JsonObject | null;
  readonly strict: boolean | null;
}

export type ChatToolChoice =
  { readonly kind: 'auto' | 'none' | 'required' } | { readonly kind: 'named'; readonly name: string };

export type ChatResponseFormat =
  | { readonly kind: 'json_object' }
  | {
      readonly kind: 'json_schema';
      readonly name: string;
      readonly description: string | null;
      /** Null = any object. */
      readonly schema: JsonObject | null;
      readonly strict: boolean | null;
    };

/** A request for a chat completion that can be put to an upstream of another protocol. Null = the client says nothing. */
export interface ChatRequest {
  /**
   * At least one. The calls of an assistant's message are all answered, once each, by the tool messages right behind it,
   * and no tool message stands anywhere else.
   */
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  /** Null where there are no tools. */
  readonly toolChoice: ChatToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  /** Null = text. */
  readonly responseFormat: ChatResponseFormat | null;
  /** Tokens, at least 1. */
  readonly maxTokens: number | null;
  /** 0 to 2. */
  readonly temperature: number | null;
  /** 0 to 1. */
  readonly topP: number | null;
  /** No empty text among them. */
  readonly stop: readonly string[];
  readonly stream: boolean;
  /** A last chunk with the usage is asked for. */
  readonly includeUsage: boolean;
  readonly reasoningEffort: string | null;
  readonly verbosity: string | null;
  /** `safety_identifier`, or else the older `user`. */
  readonly user: string | null;
  readonly metadata: JsonObject | null;
  readonly serviceTier: string | null;
  readonly promptCacheKey: string | null;
}
