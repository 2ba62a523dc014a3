import type { RawEvent, StepLike } from '../../test/support/simulator/step.ts';

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

/** The text of every good answer. */
export const TEXT = 'The whole answer: na\u{ef}ve caf\u{e9}, \u{6f22}\u{5b57}, and a pinch of \u{1f9c2} at the end.';

const DELTAS = [TEXT.slice(0, 11), TEXT.slice(11, 24), TEXT.slice(24)];
const MODEL = 'claude-sonnet-4-5';

const json = (value: unknown): string => JSON.stringify(value);
const named = (event: string, fields: object): string =>
  `event: ${event}\ndata: ${json({ type: event, ...fields })}\n\n`;
const usage = { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
const START = named('message_start', {
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [], stop_reason: null, usage },
});
const BLOCK = named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const PING = named('ping', {});
const OVERLOADED = named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
const delta = (text: string): object => ({ index: 0, delta: { type: 'text_delta', text } });
const CONTENT = DELTAS.map((text) => named('content_block_delta', delta(text))).join('');
const MESSAGE_DELTA = { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } };
const END =
  named('content_block_stop', { index: 0 }) + named('message_delta', MESSAGE_DELTA) + named('message_stop', {});

/** A data member on two lines is one value with a line break between; JSON may stand that way. */
const onTwoLines = (text: string): string => text.replaceAll('"delta":', '\ndata: "delta":');

const inCr = (text: string): string => text.replaceAll('\n', '\r');
/** A member that nobody knows. */
const LARGE = CONTENT.replace('"index":0', `"index":0,"padding":"${'x'.repeat(5_000_000)}"`);

const stream = (...events: RawEvent[]): StepLike => ({ events, text: TEXT });
const answer = (change: object = {}): StepLike => ({ text: TEXT, deltaChars: 9, ...change });

/** Bound to nothing: whoever connects is refused. */
const CLOSED_PORT = 'http://127.0.0.1:9';

export const FAULTS: readonly Fault[] = [
  // What an upstream answers.
  { name: 'overloaded 529', hideable: 'always', step: 'overloaded' },
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
  {
    name: 'credit used up, told as 400',
    hideable: 'always',
    step: { error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' } },
  },
  { name: 'model unknown 404', hideable: 'always', step: 'not_found' },
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
  // A stream before its first content.
  { name: 'error as the first event', hideable: 'always', step: 'early_error' },
  { name: 'error behind message_start', hideable: 'always', step: 'error_after_start' },
  {
    name: 'error behind pings and an opened block',
    hideable: 'always',
    step: { ...(stream(START, PING, PING, BLOCK, PING, OVERLOADED) as object), status: 200 },
  },
  { name: 'end behind message_start', hideable: 'always', step: stream(START) },
  {
    name: 'reset behind message_start',
    hideable: 'always',
    step: { text: TEXT, fail: { how: 'reset', afterEvents: 1 } },
  },
  {
    name: 'silence behind message_start',
    hideable: 'in_streams',
    step: { text: TEXT, fail: { how: 'hang', afterEvents: 1 } },
  },
  { name: 'overloaded 529 behind pings of our own', hideable: 'always', step: { preset: 'overloaded', delayMs: 600 } },
  { name: 'garbage instead of events', hideable: 'always', step: 'garbage_body' },
  // A stream behind its first content; a whole answer is still held.
  { name: 'error event in mid-stream', hideable: 'when_whole', step: 'mid_error' },
  { name: 'reset in mid-stream', hideable: 'when_whole', step: 'mid_reset' },
  { name: 'cut inside an event', hideable: 'when_whole', step: 'mid_cut' },
  { name: 'clean end in mid-stream', hideable: 'when_whole', step: 'mid_truncate' },
  { name: 'garbage in mid-stream', hideable: 'when_whole', step: 'mid_garbage' },
  { name: 'broken framing in mid-stream', hideable: 'when_whole', step: 'mid_framing' },
  { name: 'silence in mid-stream', hideable: 'too_late', step: 'mid_hang' },
  // Unusual, but answers.
  { name: 'head behind pings of our own', hideable: 'is_an_answer', step: answer({ delayMs: 600 }) },
  { name: 'one byte at a time', hideable: 'is_an_answer', step: answer({ pieceBytes: 1 }) },
  { name: 'CR LF', hideable: 'is_an_answer', step: answer({ crlf: true }) },
  { name: 'CR', hideable: 'is_an_answer', whole: answer(), step: stream(...[START, BLOCK, CONTENT, END].map(inCr)) },
  { name: 'event of 5 MB', hideable: 'is_an_answer', whole: answer(), step: stream(START, BLOCK, LARGE, END) },
  { name: 'gzip', hideable: 'is_an_answer', step: answer({ gzip: true }) },
  {
    name: 'comments between events',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(': hello\n\n', START, BLOCK, ': still here\n\n', CONTENT, END),
  },
  {
    name: 'data on several lines',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(START, BLOCK, onTwoLines(CONTENT), END),
  },
  {
    name: 'no line break at the end',
    hideable: 'is_an_answer',
    whole: answer(),
    step: stream(START, BLOCK, CONTENT, END.trimEnd()),
  },
  { name: 'slow drip', hideable: 'is_an_answer', step: answer({ eventDelayMs: 60 }) },
];
