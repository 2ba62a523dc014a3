import { TEXT } from './catalogue.ts';

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
  readonly stream: boolean;
  /** Another account could have answered, or the fault was an answer. */
  readonly mustBeWhole: boolean;
  /** The upstream's own refusal must come back with this status. */
  readonly refusal: number | null;
  readonly maxMs: number;
}

interface SseEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `pass`: whole, or the refusal that was due. `safe`: an honest error where none could have helped. */
export function judge(answer: ClientAnswer, expected: Expectation): Judged {
  if (answer.ms > expected.maxMs) return fail(`took ${answer.ms} ms`);
  if (answer.status === 0) return fail('the connection was closed without an answer');
  if (expected.refusal !== null) return judgeRefusal(answer, expected.refusal);
  const whole = answer.status === 200 ? problemOf(answer, expected.stream) : null;
  if (answer.status === 200 && whole === null) return { verdict: 'pass', why: 'whole' };
  if (expected.mustBeWhole) return fail(whole ?? `an error (${answer.status}) that another account could have hidden`);
  return judgeError(answer, expected.stream);
}

/** An upstream's answer, or the beginning of one, has reached the client. */
export const hasContent = (text: string): boolean => textOfStream(eventsIn(text)) !== '' || textOfMessage(text) !== '';

/** What is missing of a whole answer; null = nothing. */
function problemOf(answer: ClientAnswer, stream: boolean): string | null {
  if (answer.isCut) return 'the answer was cut off';
  if (!stream) return textOfMessage(answer.text) === TEXT ? null : 'not the whole message';
  const events = eventsIn(answer.text);
  if (events.at(-1)?.type !== 'message_stop') return 'the stream does not end with message_stop';
  return textOfStream(events) === TEXT ? null : 'text is missing from the stream';
}

function judgeRefusal({ status }: ClientAnswer, due: number): Judged {
  return status === due ? { verdict: 'pass', why: `the upstream's ${due}` } : fail(`${status} instead of ${due}`);
}

function judgeError(answer: ClientAnswer, stream: boolean): Judged {
  const { status, headers, text } = answer;
  if (status === 200) return stream ? judgeBrokenStream(answer) : fail('a broken answer shown as a success');
  if (status === 401 || status === 403) return fail(`a ${status} of an account shown to the client`);
  if (!isErrorBody(text)) return fail('an error that is not in the form of the protocol');
  const isTold = headers.has('retry-after') || headers.get('x-should-retry') === 'false';
  return isTold ? { verdict: 'safe', why: `${status}` } : fail(`${status} without a word on trying again`);
}

/** Behind the head the only honest end is an error event, and no end that looks like a success. */
function judgeBrokenStream({ text }: ClientAnswer): Judged {
  const events = eventsIn(text);
  if (events.some(({ type }) => type === 'message_stop')) return fail('a broken stream ended as if it were whole');
  if (events.at(-1)?.type !== 'error') return fail('a broken stream ended without an error event');
  if (!TEXT.startsWith(textOfStream(events))) return fail('two answers were glued together');
  return { verdict: 'safe', why: 'error event' };
}

const fail = (why: string): Judged => ({ verdict: 'fail', why });

/** Whole events only: what comes behind the last blank line is none. */
function eventsIn(text: string): SseEvent[] {
  const blocks = text.replaceAll(/\r\n?/g, '\n').split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const data = block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice('data:'.length).trimStart())
      .join('\n');
    const parsed = parse(data);
    const type = parsed['type'];
    return typeof type === 'string' ? [{ type, data: parsed }] : [];
  });
}

const textOfStream = (events: readonly SseEvent[]): string =>
  events.map(({ data }) => (data['delta'] as { text?: string } | undefined)?.text ?? '').join('');

function textOfMessage(body: string): string {
  const { content } = parse(body) as { content?: readonly { text?: string }[] };
  return content?.[0]?.text ?? '';
}

const isErrorBody = (text: string): boolean => {
  const { type, error } = parse(text) as { type?: unknown; error?: { type?: unknown; message?: unknown } };
  return type === 'error' && typeof error?.type === 'string' && typeof error.message === 'string';
};

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
