import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientDialect } from '../../test/support/client-dialects.ts';
import { call } from './client.ts';
import { judge } from './judge.ts';

export interface Tally {
  whole: number;
  honest: number;
  /** What was wrong with the others. */
  readonly dishonest: string[];
}

export interface Asker {
  readonly dialect: ClientDialect;
  readonly url: string;
  readonly secret: string;
  readonly stream: boolean;
  /** As `performance.now()`. */
  readonly until: number;
  readonly tally: Tally;
}

const MAX_MS = 25_000;
/** Requests of one session, after which a new one begins. */
const SESSION_LENGTH = 5;
/** After an error a client waits a little, as all of them do. */
const AFTER_ERROR_MS = 100;

/** Asks again and again, one request at a time, and notes how each was answered. */
export async function keepAsking({ dialect, url, secret, stream, until, tally }: Asker): Promise<void> {
  let session = randomUUID();
  for (let n = 1; performance.now() < until; n += 1) {
    if (n % SESSION_LENGTH === 0) session = randomUUID();
    const answer = await call({
      url: url + dialect.path,
      headers: dialect.headersOf(secret, session),
      body: JSON.stringify(dialect.bodyOf({ stream, text: `Question ${String(n)} of ${session}`, session })),
      timeoutMs: MAX_MS,
    });
    const expected = { speech: dialect.speech, stream, mustBeWhole: false, refusal: null, maxMs: MAX_MS };
    const { verdict, why } = judge(answer, expected);
    if (verdict === 'pass') {
      tally.whole += 1;
      continue;
    }
    if (verdict === 'safe') tally.honest += 1;
    else tally.dishonest.push(`${dialect.name}, ${stream ? 'stream' : 'whole'}, ${String(answer.status)}: ${why}`);
    await sleep(AFTER_ERROR_MS);
  }
}
