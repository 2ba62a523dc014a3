import type { DialectName } from '../../test/support/client-dialects.ts';
import type { RawEvent, SimulatedError, StepLike } from '../../test/support/simulator/step.ts';
import { RAW_STREAMS, type RawStream, TEXT } from './raw-streams.ts';

/** Where a fault can still be hidden by another account. */
type Hideable =
  /** Always: before the commit point, or the answer is held whole. */
  | 'always'
  /** Only where the answer is no stream; a stream has reached the client already. */
  | 'when_whole'
  /** Only in a stream; of a whole answer the head comes last, so that to ask again would be to buy it again. */
  | 'in_streams'
  /** Never: a stream has reached the client already, and of a whole answer a second one would have to be bought. */
  | 'too_late'
  /** Never: only the client can mend it, and must see the upstream's own answer. */
  | 'never'
  /** Not needed: unusual, but an answer. */
  | 'is_an_answer';

export interface Fault {
  readonly name: string;
  /** The one platform that can have it; left out: all. */
  readonly only?: DialectName;
  readonly hideable: Hideable;
  /** What the upstream does; nothing where the account itself is at fault. */
  readonly step: StepLike;
  /** The same to a request that wants no stream, where `step` makes no sense of one. */
  readonly whole?: StepLike;
  /** Fields of the account that make the fault, with the simulator's address in hand. */
  readonly account?: (simulatorUrl: string) => Readonly<Record<string, unknown>>;
  /** For faults that are the client's: the status that it must see. */
  readonly status?: number;
}

/** A data member on two lines is one value with a line break between; JSON may stand that way. */
const onTwoLines = (text: string): string => text.replaceAll('"delta":', '\ndata: "delta":');

const inCr = (text: string): string => text.replaceAll('\n', '\r');

/** The type stands in the data as well. */
const unnamed = (text: string): string => text.replaceAll(/^event: .*\n/gm, '');

/** With a member that nobody knows. */
const enlarged = (text: string): string => text.replace('"delta":', `"padding":"${'x'.repeat(5_000_000)}","delta":`);

const stream = (...events: RawEvent[]): StepLike => ({ events, text: TEXT });
const answer = (change: object = {}): StepLike => ({ text: TEXT, deltaChars: 9, ...change });

const RATE_LIMIT: SimulatedError = {
  type: 'rate_limit_error',
  code: 'rate_limit_exceeded',
  message: 'Rate limit reached. Please try again in 30s.',
};
const TOO_LONG: SimulatedError = {
  type: 'invalid_request_error',
  code: 'context_length_exceeded',
  message: 'Your input exceeds the context window of this model.',
};
const USAGE_LIMIT: SimulatedError = {
  type: 'usage_limit_reached',
  message: 'The usage limit has been reached',
  more: { plan_type: 'plus', resets_in_seconds: 3_600 },
};
const BARE = { type: 'error', code: 'server_error', message: 'Something went wrong', param: null, sequence_number: 0 };
const BARE_ERROR: RawEvent = { event: 'error', data: JSON.stringify(BARE) };

/** Bound to nothing: whoever connects is refused. */
const CLOSED_PORT = 'http://127.0.0.1:9';

/** What an upstream answers, and the way to it. */
const BEFORE_STREAMS: readonly Fault[] = [
  // What an upstream answers.
  { name: 'overloaded', hideable: 'always', step: 'overloaded' },
  { name: 'server error 500', hideable: 'always', step: 'server_error' },
  { name: 'bad gateway 502 in HTML', hideable: 'always', step: 'bad_gateway' },
  { name: 'unavailable 503', hideable: 'always', step: 'unavailable' },
  { name: 'rate limit 429, reset in 30 s', hideable: 'always', step: 'rate_limited' },
  { name: 'rate limit 429, no reset', hideable: 'always', step: 'rate_limited_no_reset' },
  { name: 'key refused 401', hideable: 'always', step: 'unauthorized' },
  { name: 'no funds 402', hideable: 'always', step: 'payment' },
  { name: 'forbidden 403', hideable: 'always', step: 'forbidden' },
  {
    name: 'account disabled, told as 400',
    hideable: 'always',
    step: { error: { type: 'invalid_request_error', message: 'This organization has been disabled.' } },
  },
  { name: 'credit used up, told as 400 or 429', hideable: 'always', step: 'quota' },
  { name: 'usage limit 429, reset in an hour', hideable: 'always', step: 'usage_limit' },
  { name: 'model unknown 404', hideable: 'always', step: 'not_found' },
  {
    name: 'endpoint unknown 404',
    only: 'codex',
    hideable: 'always',
    step: { onlyBelow: '/elsewhere/' },
  },
  {
    name: 'endpoint unknown 405 in HTML',
    only: 'codex',
    hideable: 'always',
    step: { status: 405, body: '<html>Not allowed</html>', headers: { 'content-type': 'text/html' } },
  },
  { name: 'redirect 302', hideable: 'always', step: { status: 302, body: '', headers: { location: '/login' } } },
  { name: '200 with HTML', hideable: 'always', step: 'html' },
  { name: '200 with nothing', hideable: 'always', step: 'empty' },
  { name: '200 with an error body', hideable: 'always', step: 'error_body' },
  { name: 'bad request 400', hideable: 'never', step: 'bad_request', status: 400 },
  { name: 'too large 413', hideable: 'never', step: 'too_large', status: 413 },
  // The way to the upstream.
  { name: 'connection refused', hideable: 'always', step: 'ok', account: () => ({ apiUrl: CLOSED_PORT }) },
  { name: 'name not found', hideable: 'always', step: 'ok', account: () => ({ apiUrl: 'http://nowhere.invalid' }) },
  {
    name: 'TLS spoken to a plain port',
    hideable: 'always',
    step: 'ok',
    account: (url) => ({ apiUrl: url.replace('http:', 'https:') }),
  },
  {
    name: 'proxy refused',
    hideable: 'always',
    step: 'ok',
    account: () => ({ proxy: { type: 'http', host: '127.0.0.1', port: 9 } }),
  },
  { name: 'reset before the head', hideable: 'always', step: { preset: 'reset', times: 9 } },
  { name: 'garbage before the head', hideable: 'always', step: 'garbage' },
  { name: 'silence before the head', hideable: 'in_streams', step: 'hang' },
  { name: 'silence behind the head', hideable: 'in_streams', step: 'hang_after_head' },
];

const inStreams = ({ start, block, ping, overloaded, content, blockEnd }: RawStream): readonly Fault[] => [
  // A stream before its first content.
  { name: 'error as the first event', hideable: 'always', step: 'early_error' },
  {
    name: 'rate limit as the first event',
    hideable: 'always',
    step: { fail: { how: 'error_event', afterEvents: 0, error: RATE_LIMIT } },
  },
  {
    name: 'refused prompt as the first event',
    hideable: 'never',
    step: { fail: { how: 'error_event', afterEvents: 0, error: TOO_LONG } },
    status: 400,
  },
  {
    name: 'usage limit as the first event',
    only: 'codex',
    hideable: 'always',
    step: { fail: { how: 'error_event', afterEvents: 0, error: USAGE_LIMIT } },
  },
  {
    name: 'bare error as the first event',
    only: 'codex',
    hideable: 'always',
    step: stream(BARE_ERROR),
  },
  { name: 'error behind the opening', hideable: 'always', step: 'error_after_start' },
  {
    name: 'error behind pings and an opened block',
    hideable: 'always',
    step: { ...(stream(start, ping, ping, block, ping, overloaded) as object), status: 200 },
  },
  { name: 'end behind the opening', hideable: 'always', step: stream(start) },
  {
    name: 'reset behind the opening',
    hideable: 'always',
    step: { text: TEXT, fail: { how: 'reset', afterEvents: 1 } },
  },
  {
    name: 'silence behind the opening',
    hideable: 'in_streams',
    step: { text: TEXT, fail: { how: 'hang', afterEvents: 1 } },
  },
  { name: 'overloaded behind pings of our own', hideable: 'always', step: { preset: 'overloaded', delayMs: 600 } },
  { name: 'garbage instead of events', hideable: 'always', step: 'garbage_body' },
  // A stream behind its first content; a whole answer is still held.
  { name: 'error event in mid-stream', hideable: 'when_whole', step: 'mid_error' },
  { name: 'reset in mid-stream', hideable: 'when_whole', step: 'mid_reset' },
  { name: 'cut inside an event', hideable: 'when_whole', step: 'mid_cut' },
  { name: 'clean end in mid-stream', hideable: 'when_whole', step: 'mid_truncate' },
  {
    name: 'JSON where a stream was asked for',
    hideable: 'in_streams',
    whole: answer(),
    step: { body: { object: 'response', status: 'completed', output: [] } },
  },
  {
    name: 'clean end before the last event',
    hideable: 'when_whole',
    step: stream(start, block, content, blockEnd),
  },
  { name: 'garbage in mid-stream', hideable: 'when_whole', step: 'mid_garbage' },
  { name: 'broken framing in mid-stream', hideable: 'when_whole', step: 'mid_framing' },
  { name: 'silence in mid-stream', hideable: 'too_late', step: 'mid_hang' },
];

const unusual = ({ start, block, content, blockEnd, end }: RawStream): readonly Fault[] => [
  // Unusual, but answers.
  { name: 'head behind pings of our own', hideable: 'is_an_answer', step: answer({ delayMs: 600 }) },
  { name: 'one byte at a time', hideable: 'is_an_answer', step: answer({ pieceBytes: 1 }) },
  { name: 'CR LF', hideable: 'is_an_answer', step: answer({ crlf: true }) },
  {
    name: 'CR',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(...[start, block, content, blockEnd, end].map(inCr)),
  },
  {
    name: 'event of 5 MB',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(start, block, enlarged(content), blockEnd, end),
  },
  { name: 'gzip', hideable: 'is_an_answer', step: answer({ gzip: true }) },
  {
    name: 'comments between events',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(': hello\n\n', start, block, ': still here\n\n', content, blockEnd, end),
  },
  {
    name: 'data on several lines',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(start, block, onTwoLines(content), blockEnd, end),
  },
  {
    name: 'no line break at the end',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(start, block, content, blockEnd, end.trimEnd()),
  },
  {
    name: 'events without names',
    only: 'codex',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(...[start, block, content, blockEnd, end].map(unnamed)),
  },
  {
    name: '[DONE] behind the last event',
    only: 'codex',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(start, block, content, blockEnd, end, 'data: [DONE]\n\n'),
  },
  {
    name: 'reset behind the last event',
    hideable: 'is_an_answer',
    whole: answer(),
    step: { events: [start, block, content, blockEnd, end, ': bye\n\n'], fail: { how: 'reset', afterEvents: 5 } },
  },
  {
    name: 'silence behind the last event',
    hideable: 'is_an_answer',
    whole: answer(),
    step: { events: [start, block, content, blockEnd, end, ': bye\n\n'], fail: { how: 'hang', afterEvents: 5 } },
  },
  { name: 'slow drip', hideable: 'is_an_answer', step: answer({ eventDelayMs: 60 }) },
  { name: 'answer cut short by its own limit', hideable: 'is_an_answer', step: answer({ stopReason: 'max_tokens' }) },
  {
    name: 'sealed reasoning before the text',
    hideable: 'is_an_answer',
    step: answer({
      blocks: [
        { type: 'thinking', thinking: 'Let me think.', signature: 'sealed' },
        { type: 'text', text: TEXT },
      ],
    }),
  },
];

/** Every known fault of the platform's upstreams. */
export function faultsOf(name: DialectName): readonly Fault[] {
  const raw = RAW_STREAMS[name];
  const all = [...BEFORE_STREAMS, ...inStreams(raw), ...unusual(raw)];
  return all.filter(({ only }) => only === undefined || only === name);
}
