import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BodyWriter } from './body-writer.ts';
import type { RequestOutcome } from './request-log.ts';
import type { Failure, FailureMode } from './step.ts';

const NO_ANSWER = 'these bytes are no answer of any protocol\n';

/** A reset overtakes bytes that the client has not read yet, so they get a head start. */
const HEAD_START_MS = 15;
const CONNECTION_FAILURES: ReadonlySet<FailureMode> = new Set(['reset', 'cut', 'broken_framing']);

/** Thrown once a scripted failure has been carried out, so that nothing more is written. */
export class ScriptedFailure extends Error {}

export interface FailingAnswer {
  readonly response: ServerResponse;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  readonly settle: (outcome: RequestOutcome) => void;
}

export interface FailurePoint {
  readonly failure: Failure;
  /** What would have been written next. */
  readonly next: string;
  /** The error event to write for `error_event`. */
  readonly eventText: string;
}

async function hang(gone: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (gone.aborted) resolve();
    gone.addEventListener('abort', () => {
      resolve();
    });
  });
  throw new ScriptedFailure();
}

export async function failBeforeHead({ response, gone, settle }: FailingAnswer, failure: Failure): Promise<never> {
  if (failure.how === 'hang') return await hang(gone);
  settle(failure.how);
  if (failure.how === 'reset') response.socket?.resetAndDestroy();
  else if (failure.how === 'garbage' || failure.how === 'broken_framing') response.socket?.end(NO_ANSWER);
  else response.socket?.end();
  throw new ScriptedFailure();
}

export async function failAfterHead(answer: FailingAnswer, writer: BodyWriter, point: FailurePoint): Promise<never> {
  const { response, gone, settle } = answer;
  const { how } = point.failure;
  if (how === 'hang') return await hang(gone);
  if (how === 'cut') await writer.write(point.next.slice(0, Math.ceil(point.next.length / 2)), gone);
  if (how === 'garbage') await writer.write(NO_ANSWER, gone);
  if (how === 'error_event') await writer.write(point.eventText, gone);
  if (CONNECTION_FAILURES.has(how)) await sleep(HEAD_START_MS, undefined, { signal: gone });
  settle(how);
  if (how === 'reset') response.socket?.resetAndDestroy();
  else if (how === 'cut') response.socket?.end();
  else if (how === 'broken_framing') response.socket?.end('no chunk size\r\n');
  else writer.end();
  throw new ScriptedFailure();
}
