import { expect } from '@jest/globals';
import { eventsOf } from './simulator/raw-call.ts';
import type { ApiAnswer } from './test-app.ts';

/** What the test of an account told, in order. */
export interface Told {
  readonly names: readonly string[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into events of many shapes
  readonly start: any;
  readonly text: string;
  /** The last event's data. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  readonly end: any;
}

/** The events of a test; there is one end, and it is the last. */
export function told({ status, headers, body }: ApiAnswer): Told {
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const events = eventsOf(String(body));
  const names = events.map(({ event }) => event);
  const ends = names.filter((name) => name === 'test_complete' || name === 'test_error');
  expect([names[0], ends]).toEqual(['test_start', [names.at(-1)]]);
  const text = events.flatMap(({ event, data }) => (event === 'content' ? [String(data['text'])] : [])).join('');
  return { names: names.filter((name) => name !== 'content'), start: events[0]?.data, text, end: events.at(-1)?.data };
}
