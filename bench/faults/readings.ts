import type { Speech } from '../../test/support/client-dialects.ts';

export interface SseEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How a client of a protocol reads what it got. */
export interface Reading {
  /** The pieces of text that a stream has brought so far. */
  textOfStream(events: readonly SseEvent[]): string;
  /** The text of a whole answer; empty where it is none. */
  textOfWhole(body: Fields): string;
  /** Says that a stream is whole, when it comes last. */
  isEnd(event: SseEvent): boolean;
  /** Says that a stream has failed, when it comes last. */
  isFailure(event: SseEvent): boolean;
  isErrorBody(body: Fields): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const record = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const ENDS = new Set(['response.completed', 'response.incomplete']);
const WHOLE = new Set(['completed', 'incomplete']);

const textOfOutput = (response: Fields): string =>
  list(response['output'])
    .flatMap((item) => list(record(item)['content']))
    .map((part) => text(record(part)['text']))
    .join('');

const messages: Reading = {
  textOfStream: (events) => events.map(({ data }) => text(record(data['delta'])['text'])).join(''),
  textOfWhole: ({ content }) =>
    list(content)
      .map((block) => text(record(block)['text']))
      .join(''),
  isEnd: ({ type }) => type === 'message_stop',
  isFailure: ({ type }) => type === 'error',
  isErrorBody({ type, error }) {
    const { type: kind, message } = record(error);
    return type === 'error' && typeof kind === 'string' && typeof message === 'string';
  },
};

const responses: Reading = {
  textOfStream: (events) =>
    events
      .filter(({ type }) => type === 'response.output_text.delta')
      .map(({ data }) => text(data['delta']))
      .join(''),
  textOfWhole: (body) => (WHOLE.has(text(body['status'])) ? textOfOutput(body) : ''),
  // Only that tells a whole stream from one that ended early: a clean end is nothing to go by.
  isEnd: ({ type, data }) => ENDS.has(type) && textOfOutput(record(data['response'])) !== '',
  isFailure: ({ type, data }) => type === 'response.failed' && text(record(errorIn(data))['message']) !== '',
  isErrorBody({ error }) {
    const { type, message, resets_at: resetsAt } = record(error);
    // Clients show when such a limit ends, and do not ask before.
    const isTold = type !== 'usage_limit_reached' || (typeof resetsAt === 'number' && resetsAt > Date.now() / 1_000);
    return typeof type === 'string' && typeof message === 'string' && isTold;
  },
};

const choiceIn = (body: Fields): Fields => record(list(body['choices'])[0]);

const DONE: SseEvent = { type: '[DONE]', data: {} };

const chat: Reading = {
  textOfStream: (events) => events.map(({ data }) => text(record(choiceIn(data)['delta'])['content'])).join(''),
  textOfWhole: (body) => text(record(choiceIn(body)['message'])['content']),
  isEnd: ({ type }) => type === DONE.type,
  isFailure: ({ data }) => text(record(data['error'])['message']) !== '',
  isErrorBody: (body) => responses.isErrorBody(body),
};

const errorIn = (data: Fields): unknown => record(data['response'])['error'];

export const READINGS: Readonly<Record<Speech, Reading>> = { messages, responses, chat };

/** Whole events only: what comes behind the last blank line is none. */
export function eventsIn(body: string, reading: Reading): SseEvent[] {
  const blocks = body.replaceAll(/\r\n?/g, '\n').split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const data = block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice('data:'.length).trimStart())
      .join('\n');
    if (data === DONE.type) return reading.isEnd(DONE) ? [DONE] : [];
    const parsed = parse(data);
    // The pieces of chat completions have no type.
    return Object.keys(parsed).length > 0 ? [{ type: text(parsed['type']), data: parsed }] : [];
  });
}

/** The members of a JSON object; none of anything else. */
export function parse(body: string): Fields {
  try {
    return record(JSON.parse(body));
  } catch {
    return {};
  }
}
