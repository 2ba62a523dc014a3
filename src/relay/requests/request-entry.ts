import type { ApiKeyId, RelayErrorCode, UpstreamAccount } from '@crs/extension-api';
import type { RelayEnd } from '../../core/outcome/outcome-latch.js';
import { type AttemptRecord, isFailed } from '../attempt/attempt-record.js';
import type { Served } from '../attempt/retry-handler.js';
import type { RetryJob } from '../attempt/retry-job.js';
import { toRelayError } from '../relay-errors.js';
import type { RelayAnswer } from '../stream/relay-answer.js';

/** A client names what it likes; the log keeps no more of it. */
const MAX_MODEL_LENGTH = 200;
const MAX_MESSAGE_LENGTH = 500;

/** What can be an upstream's id of a request: visible ASCII, and no longer than the path of a look-up may hold. */
const UPSTREAM_ID = /^[\x21-\x7e]{1,100}$/;

/** An error that the gateway itself has told the client. */
interface EntryRefusal {
  readonly code: RelayErrorCode;
  /** Null: the words were the upstream's, which are not kept. */
  readonly message: string | null;
}

/** One request as the log keeps it: no secret, no prompt, no words of an upstream. */
export interface RequestEntry {
  readonly requestId: string;
  /** The upstream's own id of the answer that went to the client; null = it gave none, or there was no answer. */
  readonly upstreamRequestId: string | null;
  /** When it came, as ISO instant. */
  readonly at: string;
  readonly keyId: ApiKeyId;
  /** As the client asked for it, cut to 200 characters. */
  readonly model: string;
  /** The client's path. */
  readonly endpoint: string;
  readonly stream: boolean;
  /** Whose answer went to the client; null = nobody's. */
  readonly accountId: string | null;
  readonly end: RelayEnd;
  /** What the client got; null = it left before. */
  readonly status: number | null;
  /** From its coming to its end. */
  readonly ms: number;
  readonly refusal: EntryRefusal | null;
  readonly attempts: readonly AttemptRecord[];
}

/** What became of a call, noted while it ends. */
export interface CallEnding {
  /** Null until it is settled. */
  end: RelayEnd | null;
  /** Null: nobody has served. */
  served: Served | null;
  /** What was thrown instead of an answer. */
  error: unknown;
}

export const newEnding = (): CallEnding => ({ end: null, served: null, error: null });

export interface EndedCall {
  readonly job: RetryJob;
  readonly ending: CallEnding;
  /** Null: no byte of an answer was sent so far. */
  readonly sentStatus: number | null;
  /** Epoch ms. */
  readonly endedAt: number;
}

export function toRequestEntry(call: EndedCall): RequestEntry {
  const { job, ending, endedAt } = call;
  const { request, principal } = job;
  const status = statusOf(call);
  const end = endOf(ending, status);
  return {
    requestId: request.id,
    upstreamRequestId: ending.served === null ? null : upstreamIdOf(ending.served),
    at: request.receivedAt.toISOString(),
    keyId: principal.keyId,
    model: request.model.slice(0, MAX_MODEL_LENGTH),
    endpoint: request.path,
    stream: request.stream,
    accountId: ending.served?.selection.account.id ?? null,
    end,
    status,
    ms: endedAt - request.receivedAt.getTime(),
    refusal: end === 'failed' && ending.error !== null ? toRefusal(ending.error) : null,
    attempts: [...job.attempts],
  };
}

/** An account has failed, or the request did not end well: what somebody who looks for trouble wants to see. */
export const isTroubled = ({ end, attempts }: RequestEntry): boolean => end !== 'completed' || attempts.some(isFailed);

/** What was thrown before anything was sent is told by the exception filter, in the words of the protocol. */
function statusOf({ job, ending, sentStatus }: EndedCall): number | null {
  if (sentStatus !== null || ending.error === null || ending.end === 'client_gone') return sentStatus;
  return job.endpoint.protocol.errorAnswer(toRelayError(ending.error), job.request.id).status;
}

/** An answer that was ready when its client had gone was no more read than one that was not. */
function endOf({ end }: CallEnding, status: number | null): RelayEnd {
  if (end !== 'completed') return end ?? 'failed';
  if (status === null) return 'client_gone';
  return status >= 400 ? 'failed' : 'completed';
}

/** Errors in the gateway's own words; where only the client can mend a request, the words may be an upstream's. */
const OWN_WORDS: ReadonlySet<RelayErrorCode> = new Set([
  'not_found',
  'no_account',
  'endpoint_missing',
  'upstream_rate_limited',
  'upstream_failed',
  'upstream_timeout',
  'internal',
]);

function toRefusal(error: unknown): EntryRefusal {
  const { code, message } = toRelayError(error);
  return { code, message: OWN_WORDS.has(code) ? message.slice(0, MAX_MESSAGE_LENGTH) : null };
}

function upstreamIdOf({ answer, selection: { account } }: Served): string | null {
  const { 'request-id': own, 'x-request-id': other } = headersOf(answer);
  const id = own ?? other;
  return id !== undefined && isUpstreamId(id) && !holdsSecret(id, account) ? id : null;
}

/** The gateway's own answer in the place of an upstream has no id of one. */
const headersOf = (answer: RelayAnswer): Readonly<Record<string, string | undefined>> =>
  answer.kind === 'local' ? {} : answer.headers;

const holdsSecret = (text: string, { secret }: UpstreamAccount): boolean => secret !== '' && text.includes(secret);

export const isUpstreamId = (text: string): boolean => UPSTREAM_ID.test(text);
