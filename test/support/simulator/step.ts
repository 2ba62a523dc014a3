/** What the simulated upstream is asked for. */
export type Endpoint = 'messages' | 'count_tokens' | 'models' | 'responses' | 'compact' | 'chat_completions' | 'other';

/** Tokens as the gateway books them, so that a test can compare its ledger with the log field by field. */
export interface SimulatedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheCreateTokens: number;
  readonly cacheReadTokens: number;
  readonly ephemeral5mTokens: number;
  readonly ephemeral1hTokens: number;
  /** False: the answer names one sum of cache writes without splitting it into 5 minutes and 1 hour. */
  readonly hasCacheSplit: boolean;
  /** Part of the output; only OpenAI's answers tell it. */
  readonly reasoningTokens?: number;
}

export type ContentBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export interface SimulatedError {
  readonly type: string;
  readonly message: string;
  /** Only OpenAI bodies carry one. */
  readonly code?: string;
  readonly param?: string;
  /** More members of the error, for example `resets_in_seconds` and `plan_type` of a usage limit. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * How a reply goes wrong.
 * - `reset`: the connection is reset.
 * - `cut`: half of the next piece is sent, then the connection is closed without the end of the body.
 * - `truncate`: the body ends cleanly, but too early.
 * - `hang`: nothing more is sent; the connection stays open until the client or `close()` ends it.
 * - `garbage`: before the head bytes that are no HTTP, after it a body that is no answer, then the end.
 * - `broken_framing`: the chunked framing itself is broken.
 * - `error_event`: an error event of the protocol, then the end.
 */
export type FailureMode = 'reset' | 'cut' | 'truncate' | 'hang' | 'garbage' | 'broken_framing' | 'error_event';

export interface Failure {
  readonly how: FailureMode;
  /** Events sent before it fails; 0 = right after the head; left out = before the head. JSON: anything above 0 is half. */
  readonly afterEvents?: number;
  /** For `error_event`; an overload by default. */
  readonly error?: SimulatedError;
}

/** An event as it is written; a text is sent byte for byte. */
export type RawEvent = string | { readonly event?: string; readonly data: string; readonly delayMs?: number };

/** What the upstream does with one request. Every field may be left out; `{}` is a plain good answer. */
export interface SimulatorStep {
  /** Start from a named behaviour; the other fields override it. */
  readonly preset?: string;
  /** Serves so many requests before the next step is due. Default 1. */
  readonly times?: number;
  /** Which requests use it up. By default those that generate. */
  readonly for?: Endpoint | 'any';

  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only paths that begin so are there, for example `/v1/`; any other one is answered by a 404. */
  readonly onlyBelow?: string;
  /** The whole body instead of a generated one: a text as it is, anything else as JSON. */
  readonly body?: unknown;
  /** An error body in the words of the endpoint's protocol; the status follows from the type when none is given. */
  readonly error?: SimulatedError;

  /** The answer's text; a short sentence by default. */
  readonly text?: string;
  /** A text of so many bytes instead. */
  readonly textBytes?: number;
  /** The answer's blocks instead of one text. */
  readonly blocks?: readonly ContentBlock[];
  /** Characters in one delta event. Default 24. */
  readonly deltaChars?: number;
  /** Model that the answer names; by default the one that was asked for. */
  readonly model?: string;
  /** In Anthropic's words: `end_turn`, `tool_use`, `max_tokens`, `refusal`; OpenAI's answers translate it. */
  readonly stopReason?: string;
  /** The tier that OpenAI's answers name; by default the one that was asked for, else `default`. */
  readonly serviceTier?: string;
  /** Figures to report; the others are computed from the request and the answer. */
  readonly usage?: Partial<SimulatedUsage>;
  /** `ping` events after the first event. */
  readonly pings?: number;
  /** The stream's events instead of generated ones. */
  readonly events?: readonly RawEvent[];

  /** Wait before the head. */
  readonly delayMs?: number;
  /** Wait before each event. */
  readonly eventDelayMs?: number;
  /** Wait for `release()` of this key after so many events; -1 = before the head. */
  readonly holdAfterEvents?: number;

  readonly gzip?: boolean;
  /** Lines of the stream end in CR LF. */
  readonly crlf?: boolean;
  /** Write in pieces of so many bytes, whatever they cut through. */
  readonly pieceBytes?: number;
  readonly fail?: Failure;
}

/** A step, or the name of a preset. */
export type StepLike = SimulatorStep | string;
