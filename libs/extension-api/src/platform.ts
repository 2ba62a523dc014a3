import { DiscoveryService } from '@nestjs/core';
import type { UpstreamAccount } from './account.js';
import type { ServiceName } from './principal.js';
import type { TokenUsage } from './usage.js';

export type ProtocolName = 'anthropic' | 'openai';

/** Header names in lower case. */
export type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Where a JSON value stands in a body: `[start, end)` in bytes, quotes included for text. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** One client request, as it came. Nothing in it changes between attempts. */
export interface RelayRequest {
  /** Made here; sent back as `x-relay-request-id`. */
  readonly id: string;
  readonly protocol: ProtocolName;
  /**
   * What is asked for, in the protocol's words: `messages`, `count_tokens`; `responses`, `compact`, `chat_completions`.
   */
  readonly endpoint: string;
  readonly method: string;
  /** The client's path on this gateway, without the query. */
  readonly path: string;
  /** The query string with its `?`, without `key=`; empty when there is none. */
  readonly query: string;
  /** The client's headers that may go upstream: no key, cookie, hop-by-hop or forwarding header is left in it. */
  readonly headers: HeaderMap;
  readonly body: Buffer;
  readonly model: string;
  /** The model that the client has named; a transformer may have put another one in its place. */
  readonly askedModel: string;
  /** The endpoint that the client has called; a bridge may have put another one in its place. */
  readonly askedEndpoint: string;
  /** Where the value of `model` stands in `body`. */
  readonly modelSpan: ByteSpan;
  readonly stream: boolean;
  /** The text of `metadata.user_id`; null = there is none. */
  readonly userId: string | null;
  /** What sticks a session to its account; null = no stickiness. */
  readonly sessionHash: string | null;
  readonly receivedAt: Date;
}

/** What is sent to an upstream. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** How an attempt failed, before anyone judged it. Texts are the upstream's, cut to 16 KiB. */
export type AttemptFailure =
  | {
      readonly kind: 'transport';
      readonly reason: 'connect' | 'dns' | 'tls' | 'proxy' | 'reset' | 'garbage';
      readonly detail: string;
    }
  | { readonly kind: 'timeout'; readonly reason: 'first_byte' | 'idle' | 'request' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers: HeaderMap;
      readonly text: string;
    }
  /** A 200 that is no answer of the protocol: HTML, an error body, nothing, no SSE where a stream was asked. */
  | {
      readonly kind: 'malformed';
      readonly reason: 'empty' | 'not_sse' | 'not_json' | 'error_body' | 'too_large' | 'compressed';
      readonly text: string;
    }
  /** An error event before the commit point. */
  | { readonly kind: 'error_event'; readonly errorType: string; readonly message: string; readonly text: string };

/** What a failure says about the account; how long it holds is decided by AccountHealthService from the configuration. */
export interface AccountMark {
  readonly type:
    | 'connection'
    | 'service_unavailable'
    | 'server_error'
    | 'timeout'
    | 'overload'
    | 'rate_limit'
    | 'auth_error'
    | 'blocked'
    | 'model_missing'
    | 'endpoint_missing';
  /** The status that caused it; 0 when there was none. */
  readonly statusCode: number;
  /** When the upstream said that it ends. */
  readonly resetAt?: Date;
  /**
   * What it concerns, where that is less than the account. `model`: a rate limit that by the upstream's own words is that
   * of the model that was asked for, and no other. `endpoint`: the endpoint failed in a way that says nothing of others.
   */
  readonly scope?: 'model' | 'endpoint';
  /** Another account has failed the same request in the same way: it may be the request's doing. */
  readonly doubtful?: true;
}

/** What a verdict depends on beside the failure. */
export interface FailureContext {
  readonly now: Date;
  /** The model that was asked for, under the upstream's name. */
  readonly model: string;
  /** As in RelayRequest. */
  readonly endpoint: string;
  /**
   * Texts beyond the platform's own by which an upstream says that it refuses the account and not the request; lower
   * case, found anywhere in the message.
   */
  readonly accountFaultTexts: readonly string[];
  /**
   * Other accounts that failed the request in the same way: by the same status, the same type of error in a stream, or as
   * the same kind of no answer. One more where they have failed such requests of the same client key a moment ago.
   */
  readonly sameFailures: number;
  /**
   * Whether the text stands in the client's request, in any case. What an upstream quotes is not its own word. Looks
   * through the whole request: ask only where it decides.
   */
  requestHolds(text: string): boolean;
}

/** What to do with a failed attempt. Pure: the same failure in the same context gives the same verdict. */
export type FailureVerdict =
  /** Ask another account. */
  | { readonly action: 'other_account'; readonly mark: AccountMark | null }
  /** Only the client can mend it: the upstream's answer goes back as it is. */
  | { readonly action: 'give_up' };

/** An event of a stream, decoded; `data` is the joined data lines. */
export interface StreamEvent {
  readonly event: string | null;
  readonly data: string;
}

/** Reads usage out of one answer. One per attempt; holds no I/O. Never throws: what it cannot read it leaves out. */
export interface UsageMeter {
  /** Each event of a stream, in order. */
  onEvent(event: StreamEvent): void;
  /** The whole body of an answer that is no stream. */
  onBody(body: Buffer): void;
  read(): MeterReading;
}

export interface MeterReading {
  readonly usage: TokenUsage;
  /** The model that the upstream named, or null. */
  readonly model: string | null;
  /** The upstream's final figures were seen. */
  readonly final: boolean;
  /** Any figure was seen at all. */
  readonly started: boolean;
  /**
   * The input was told as a number of tokens (0 is one), and so was each class of cached input that was spoken of. Where
   * it was not, it is taken from the length of the request.
   */
  readonly inputKnown: boolean;
  /** An output was told as a number of tokens. */
  readonly outputKnown: boolean;
  /** Bytes of generated text seen, for a floor where the final figures never came. */
  readonly outputBytes: number;
  readonly speed: string | null;
  readonly serviceTier: string | null;
}

/** How accounts of a platform are stored. Names and formats are v1's. */
export interface AccountKind {
  /** Prefix of the record's key: `claude_console_account`. */
  readonly recordPrefix: string;
  /** Set of the ids of shared accounts. */
  readonly sharedSet: string;
  /** v1's name of the kind in marks, sessions and counters. */
  readonly accountType: string;
  /** Value of the record's `platform` field. */
  readonly storedPlatform: string;
  /** Salt of the encrypted secret, and what an undecryptable one becomes. */
  readonly secretSalt: string;
  readonly undecryptable: 'as_is' | 'empty';
  /** Name of the field that holds the upstream's address. */
  readonly urlField: string;
  /**
   * Field of a client key's record that binds it to an account, the prefix of its value, and its name in the API; and the
   * field that binds it to a group (`group:{id}`).
   */
  readonly binding: {
    readonly storedField: string;
    readonly prefix: string;
    readonly apiField: string;
    readonly groupField: string;
    /**
     * Further fields that bind a key of the service to accounts of another kind. Where no platform serves that kind, the
     * binding leads to nothing: it is none to the accounts of this one.
     */
    readonly foreignFields?: readonly string[];
  };
  /** v1's name of the groups that such accounts may be in: `claude`, `openai`. */
  readonly groupPlatform: string;
  /** Prefix of the session mappings' keys. */
  readonly sessionPrefix: string;
  /** v1's spelling of a status that means rate limited. */
  readonly rateLimitedStatus: string;
  readonly defaultUserAgent: string;
  /** The settings beyond the common ones that accounts of this kind have. Absent: all of them. */
  readonly ownSettings?: readonly OwnAccountSetting[];
}

/** Settings that v1 stores for some kinds of account only, under its names. */
export type OwnAccountSetting = 'supportedModels' | 'maxConcurrentTasks' | 'interceptWarmup' | 'providerEndpoint';

/** A tiny request by which an account is tested, in the client's protocol. */
export interface ProbeRequest {
  /** As in RelayRequest. */
  readonly endpoint: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How an account of a platform is tested by a real request. */
export interface AccountProbe {
  /** The model that is asked where nobody named one. */
  readonly defaultModel: string;
  /** A streaming request that costs next to nothing. */
  build(model: string): ProbeRequest;
  /** The generated text in an event; empty when it holds none. */
  textOf(event: StreamEvent): string;
  /** Whether the answer is whole with this event. */
  isEnd(event: StreamEvent): boolean;
  /** What an error event says; null for every other event. */
  errorOf(event: StreamEvent): ProbeError | null;
}

/** The upstream's own words about a failure. */
export interface ProbeError {
  /** The protocol's name of the kind of error. */
  readonly type: string;
  readonly message: string;
}

/** An answer that a platform gives by itself, in the client's protocol. */
export interface LocalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How a platform talks to its upstreams. Stateless: the account is an argument. */
export interface RelayAdapter {
  readonly protocol: ProtocolName;
  /** Whether the account's upstream has the endpoint itself. Where it has not, the request is translated, if it can be. */
  serves(endpoint: string, account: UpstreamAccount): boolean;
  buildRequest(request: RelayRequest, account: UpstreamAccount): UpstreamRequest;
  classifyFailure(failure: AttemptFailure, context: FailureContext): FailureVerdict;
  createUsageMeter(): UsageMeter;
  readonly probe: AccountProbe;
  /**
   * The answer to a client's warm-up or title request, for accounts with `interceptWarmup`; null for a request that only
   * an upstream can answer.
   */
  answerWarmup(request: RelayRequest): LocalAnswer | null;
}

/**
 * An upstream family. Implement it in one folder, decorate the class with `@PlatformAdapter({ name })` and provide it
 * in a module; the registry finds it at boot and refuses two of one name.
 *
 * @example
 * \@PlatformAdapter({ name: 'claude-console' })
 * export class ClaudeConsolePlatform implements Platform { ... }
 */
export interface Platform {
  readonly service: ServiceName;
  readonly account: AccountKind;
  /** Null: accounts are kept, but no route relays to them. */
  readonly relay: RelayAdapter | null;
}

export const PlatformAdapter = DiscoveryService.createDecorator<{ readonly name: string }>();
