import type { HeaderMap, ProtocolName, RelayError, StreamEvent } from '@crs/extension-api';

/**
 * What an event of a stream means for the commit point. `opening`: may be thrown away, nothing of it has reached the
 * client's user. `content`: real content; from here on no other account can take over. `final`: the answer is whole.
 */
export type EventKind = 'ping' | 'opening' | 'content' | 'final' | 'error';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a request shows of its session. */
export interface SessionHints {
  readonly headers: HeaderMap;
  /** A top-level member of the body that the protocol has named, parsed; undefined when there is none. */
  readonly member: (name: string) => unknown;
  /** Parses the whole body, which is expensive. */
  readonly readBody: () => unknown;
}

export interface SessionTraits {
  /** As in `RelayRequest`. */
  readonly userId: string | null;
  readonly sessionHash: string | null;
}

/** How one client protocol speaks: its events, its errors. One object per protocol, shared by all platforms of it. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Top-level members without which no upstream could answer a request. */
  readonly requiredMembers: readonly string[];
  /** Further top-level members that say which session a request belongs to. */
  readonly sessionMembers: readonly string[];
  /** Request headers that an account has given to the client, and that mean nothing to another one. */
  readonly accountHeaders: readonly string[];
  /** Where an event of a stream names the model. */
  readonly modelPath: readonly [string, ...string[]];
  /** The event is one of those that name the model. */
  namesModel(event: StreamEvent): boolean;
  /** The first event of a stream that names the model is the only one. */
  readonly namesModelOnce: boolean;
  /**
   * What only the client can mend, and the upstream tells by an error event before any content, goes back as that event:
   * its clients look for it there. Elsewhere it becomes an answer with the status of an error.
   */
  readonly refusesInStream: boolean;
  sessionOf(hints: SessionHints): SessionTraits;
  /** The hash of the session that a client names so; null = it is none that would be taken. */
  sessionNamed(id: string): string | null;
  /** Sent while the gateway holds an answer back. */
  readonly pingEvent: Buffer;
  kindOf(event: StreamEvent): EventKind;
  /**
   * Whether a JSON body with the status 200 is an answer of the endpoint (in the words of `RelayRequest`). Some upstreams
   * tell their errors that way, in words of their own.
   */
  isAnswer(endpoint: string, body: unknown): boolean;
  /** The type of error says that the upstream refuses its caller: that is the gateway, and never the client. */
  refusesAccess(errorType: string): boolean;
  /** What an error event says. */
  readError(event: StreamEvent): { readonly type: string; readonly message: string };
  errorAnswer(error: RelayError, requestId: string): ErrorAnswer;
  /** An upstream's refusal (its whole body) as an event, for a stream that has begun. */
  refusalEvent(body: Buffer, requestId: string): Buffer;
  /** The same as `errorAnswer` as an event, for a stream that has begun. */
  errorEvent(error: RelayError, requestId: string): Buffer;
}
