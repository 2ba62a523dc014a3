import type { Speech } from '../../test/support/client-dialects.ts';
import { TEXT } from './raw-streams.ts';
import { eventsIn, parse, type Reading, READINGS } from './readings.ts';

/** One answer as it reached the client. */
export interface ClientAnswer {
  /** 0: no head came. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The connection broke before the body ended. */
  readonly isCut: boolean;
  readonly ms: number;
}

type Verdict = 'pass' | 'safe' | 'fail';

export interface Judged {
  readonly verdict: Verdict;
  readonly why: string;
}

export interface Expectation {
  readonly speech: Speech;
  readonly stream: boolean;
  /** Another account could have answered, or the fault was an answer. */
  readonly mustBeWhole: boolean;
  /** The upstream's own refusal must come back with this status. */
  readonly refusal: number | null;
  readonly maxMs: number;
}

/** `pass`: whole, or the refusal that was due. `safe`: an honest error where none could have helped. */
export function judge(answer: ClientAnswer, expected: Expectation): Judged {
  if (answer.ms > expected.maxMs) return fail(`took ${answer.ms} ms`);
  if (answer.status === 0) return fail('the connection was closed without an answer');
  const reading = READINGS[expected.speech];
  if (expected.refusal !== null) return judgeRefusal(answer, expected.refusal, reading);
  const whole = answer.status === 200 ? problemOf(answer, expected.stream, reading) : null;
  if (answer.status === 200 && whole === null) return { verdict: 'pass', why: 'whole' };
  if (expected.mustBeWhole) return fail(whole ?? `an error (${answer.status}) that another account could have hidden`);
  return judgeError(answer, expected.stream, reading);
}

/** An upstream's answer, or the beginning of one, has reached the client. */
export function hasContent(text: string, speech: Speech): boolean {
  const reading = READINGS[speech];
  return reading.textOfStream(eventsIn(text, reading)) !== '' || reading.textOfWhole(parse(text)) !== '';
}

/** What is missing of a whole answer; null = nothing. */
function problemOf(answer: ClientAnswer, stream: boolean, reading: Reading): string | null {
  if (answer.isCut) return 'the answer was cut off';
  if (!stream) return reading.textOfWhole(parse(answer.text)) === TEXT ? null : 'not the whole message';
  const events = eventsIn(answer.text, reading);
  const last = events.at(-1);
  if (last === undefined || !reading.isEnd(last)) return 'the stream does not end with its last event';
  return reading.textOfStream(events) === TEXT ? null : 'text is missing from the stream';
}

/** Where a stream has begun it is the upstream's error event. */
function judgeRefusal({ status, text }: ClientAnswer, due: number, reading: Reading): Judged {
  const last = eventsIn(text, reading).at(-1);
  if (status === 200 && last !== undefined && reading.isFailure(last)) return { verdict: 'pass', why: 'error event' };
  return status === due ? { verdict: 'pass', why: `the upstream's ${due}` } : fail(`${status} instead of ${due}`);
}

function judgeError(answer: ClientAnswer, stream: boolean, reading: Reading): Judged {
  const { status, headers, text } = answer;
  if (status === 200) return stream ? judgeBrokenStream(answer, reading) : fail('a broken answer shown as a success');
  if (status === 401 || status === 403) return fail(`a ${status} of an account shown to the client`);
  if (!reading.isErrorBody(parse(text))) return fail('an error that is not in the form of the protocol');
  const isTold = headers.has('retry-after') || headers.get('x-should-retry') === 'false';
  return isTold ? { verdict: 'safe', why: `${status}` } : fail(`${status} without a word on trying again`);
}

/**
 * Behind the head the only honest end is an error event and then a cut, and no end that looks like a success: SDKs take a
 * stream that ends cleanly for whole.
 */
function judgeBrokenStream({ text, isCut }: ClientAnswer, reading: Reading): Judged {
  const events = eventsIn(text, reading);
  const last = events.at(-1);
  const begun = reading.textOfStream(events);
  if (events.some((event) => reading.isEnd(event))) return fail('a broken stream ended as if it were whole');
  if (last === undefined || !reading.isFailure(last)) return fail('a broken stream ended without an error event');
  if (!TEXT.startsWith(begun)) return fail('two answers were glued together');
  if (begun !== '' && !isCut) return fail('a broken stream ended cleanly');
  return { verdict: 'safe', why: 'error event' };
}

const fail = (why: string): Judged => ({ verdict: 'fail', why });
