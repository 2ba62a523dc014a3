import type { ProtocolName, RelayRequest, StreamEvent } from '@crs/extension-api';
import type { UpstreamAnswer } from './attempt/attempt-failed.error.js';
import type { Protocol } from './protocols/protocol.js';

/** What one client call is, by its route. */
export interface Endpoint {
  readonly protocol: Protocol;
  /** In the protocol's words. */
  readonly name: string;
  /** The protocols of the platforms that can serve it, by themselves or translated. */
  readonly servedBy: readonly ProtocolName[];
  /** Its answer may be a stream; elsewhere `stream` in the body means nothing. */
  readonly canStream: boolean;
  /**
   * Members that ask for what the gateway cannot serve: a request is refused in which one is anything but `false` or `null`,
   * also where a transformer has written it.
   */
  readonly unserved?: readonly string[];
  /** What it uses is booked. */
  readonly isBooked: boolean;
  /** The gateway's own answer where an upstream lacks the endpoint and none has answered; null = it has none. */
  readonly answerLocally: ((request: RelayRequest) => UpstreamAnswer) | null;
  /**
   * How the request is put to an upstream of this protocol; null: as it is.
   *
   * @param isNative the account's upstream has the endpoint itself
   */
  bridgeTo(protocol: ProtocolName, isNative: boolean): Bridge | null;
}

/**
 * Puts requests of one endpoint to upstreams that do not have it, and their answers into the client's words. Stateless;
 * figures are read from what the upstream said, never from a translation.
 */
export interface Bridge {
  /** What the upstream is asked for instead. */
  readonly target: Endpoint;
  /**
   * The request in the words of the target: its protocol, endpoint, path, body, model and `modelSpan`. Id, headers, query
   * and session stay the client's.
   *
   * @param upstreamModel under which name the account's upstream knows the model; it decides what can be asked of it, and the
   *   body keeps the name that was asked for: the adapter replaces it
   * @throws RelayError `invalid_request` for what cannot be said there, naming the field
   */
  toUpstream(request: RelayRequest, upstreamModel: string): RelayRequest;
  /** A whole answer of the target, in the client's words. @param request the client's */
  toClient(answer: Buffer, request: RelayRequest): Buffer;
  /** The target's refusal, whatever it is, as an error of the client's protocol. */
  refusalToClient(body: Buffer): Buffer;
  /** A translator for one stream; null: it goes to the client as it comes. @param request the client's */
  openStream(request: RelayRequest): StreamTranslator | null;
}

/** Translates one stream, event by event. */
export interface StreamTranslator {
  /**
   * Whole events of the client's protocol, encoded; empty where there is nothing to tell (yet). The upstream's error event
   * becomes one of the client's protocol whose `readError` gives the upstream's own type and message.
   *
   * @param bytes the event as it came, with what stood before it
   */
  translate(event: StreamEvent, bytes: Buffer): Buffer;
  /** Nothing that may follow is changed: the rest of the stream passes as it comes. Absent: never. */
  readonly isDone?: boolean;
}
