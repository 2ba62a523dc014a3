import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asked } from './asked.ts';
import { BodyWriter } from './body-writer.ts';
import { failAfterHead, failBeforeHead, ScriptedFailure } from './failure.ts';
import type { HoldGate } from './hold-gate.ts';
import { planReply, type Reply, type ReplyEvent, type ReplyProtocol } from './reply.ts';
import type { LogEntry, RequestOutcome } from './request-log.ts';
import { isOpenAi } from './routes.ts';
import type { Failure, RawEvent, SimulatedError, SimulatorStep } from './step.ts';

const OPENAI_HEADERS = { 'openai-version': '2020-10-01', 'openai-processing-ms': '7' };

export interface ExchangeContext {
  readonly response: ServerResponse;
  readonly entry: LogEntry;
  readonly step: SimulatorStep;
  readonly protocol: ReplyProtocol;
  readonly asked: Asked;
  readonly gate: HoldGate;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  readonly settle: (outcome: RequestOutcome) => void;
}

/** One answer, as its step wants it. */
export class Exchange {
  readonly #c: ExchangeContext;
  constructor(context: ExchangeContext) {
    this.#c = context;
  }

  async run(): Promise<void> {
    try {
      await this.#pause(this.#c.step.delayMs);
      await this.#holdAt(-1);
      await this.#answer();
    } catch (error: unknown) {
      if (!(error instanceof ScriptedFailure) && !this.#c.gone.aborted) throw error;
    }
  }

  async #answer(): Promise<void> {
    const { step, asked, entry, protocol } = this.#c;
    const { fail } = step;
    if (fail && fail.how !== 'error_event' && fail.afterEvents === undefined) await failBeforeHead(this.#c, fail);
    const error = this.#errorInsteadOfAnswer();
    if (error) {
      await this.#whole(step.status ?? protocol.statusOf(error), protocol.errorBody(error));
      return;
    }
    if (step.body !== undefined) {
      await this.#whole(step.status ?? 200, step.body);
      return;
    }
    const reply = protocol.reply(planReply(step, entry.body, asked));
    await (asked.stream || step.events ? this.#streamed(step.events ?? reply.events) : this.#json(reply));
  }

  /** A body that the script gives, text or JSON. */
  async #whole(status: number, body: unknown): Promise<void> {
    const isText = typeof body === 'string';
    const writer = this.#head(status, isText ? 'text/plain' : 'application/json');
    await writer.write(isText ? body : JSON.stringify(body), this.#c.gone);
    this.#finish(writer);
  }

  async #json(reply: Reply): Promise<void> {
    const { step } = this.#c;
    const text = JSON.stringify(reply.json);
    const writer = this.#head(step.status ?? 200, 'application/json');
    if (step.fail) {
      if (step.fail.afterEvents) await writer.write(text.slice(0, text.length / 2), this.#c.gone);
      await failAfterHead(this.#c, writer, { failure: step.fail, next: text.slice(text.length / 2), eventText: '' });
    }
    this.#noteUsage({ usage: reply.usage, stage: 'final' });
    await writer.write(text, this.#c.gone);
    this.#finish(writer);
  }

  async #streamed(events: readonly (ReplyEvent | RawEvent)[]): Promise<void> {
    const { step, entry } = this.#c;
    const writer = this.#head(step.status ?? 200, 'text/event-stream; charset=utf-8');
    this.#c.response.flushHeaders();
    for (const event of events) {
      await this.#holdAt(entry.events);
      if (step.fail?.afterEvents === entry.events) await this.#fail(writer, step.fail, event);
      await this.#pause(delayOf(event) ?? step.eventDelayMs);
      this.#noteReport(event);
      await writer.write(this.#frame(event), this.#c.gone);
      entry.events += 1;
    }
    await this.#holdAt(entry.events);
    this.#finish(writer);
  }

  /** An error event has no place in an answer that is no stream, nor before the head: there it is an error status. */
  #errorInsteadOfAnswer(): SimulatedError | null {
    const { step, asked, protocol } = this.#c;
    if (step.error) return step.error;
    const { fail } = step;
    if (fail?.how !== 'error_event' || (asked.stream && fail.afterEvents !== undefined)) return null;
    return fail.error ?? protocol.overload;
  }

  async #fail(writer: BodyWriter, failure: Failure, next: ReplyEvent | RawEvent): Promise<never> {
    const { protocol } = this.#c;
    const eventText = this.#frame(protocol.errorEvent(failure.error ?? protocol.overload));
    return await failAfterHead(this.#c, writer, { failure, next: this.#frame(next), eventText });
  }

  /** Noted before it is written: what the client may have seen must not be missing from the log. */
  #noteReport(event: ReplyEvent | RawEvent): void {
    if (typeof event === 'string' || !('reports' in event)) return;
    this.#noteUsage(event.reports);
  }

  #noteUsage({ usage, stage }: NonNullable<ReplyEvent['reports']>): void {
    const { entry } = this.#c;
    entry.usage = usage;
    entry.usageStage = stage;
    entry.reportedAt ??= Date.now();
  }

  #head(status: number, contentType: string): BodyWriter {
    const { response, entry, step } = this.#c;
    const id = `req_simulated_${entry.n}`;
    entry.status = status;
    response.writeHead(status, {
      'content-type': contentType,
      ...(isOpenAi(entry.endpoint) ? { 'x-request-id': id, ...OPENAI_HEADERS } : { 'request-id': id }),
      ...(step.gzip ? { 'content-encoding': 'gzip' } : {}),
      ...step.headers,
    });
    return new BodyWriter(response, { gzip: step.gzip ?? false, pieceBytes: step.pieceBytes });
  }

  #frame(event: ReplyEvent | RawEvent): string {
    if (typeof event === 'string') return event;
    const name = event.event === undefined ? '' : `event: ${event.event}\n`;
    const text = `${name}data: ${event.data}\n\n`;
    return this.#c.step.crlf ? text.replaceAll('\n', '\r\n') : text;
  }

  async #pause(ms: number | undefined): Promise<void> {
    if (ms !== undefined && ms > 0) await sleep(ms, undefined, { signal: this.#c.gone });
  }

  async #holdAt(events: number): Promise<void> {
    if (this.#c.step.holdAfterEvents === events) await this.#c.gate.wait(this.#c.entry.key, this.#c.gone);
  }

  #finish(writer: BodyWriter): void {
    this.#c.response.once('finish', () => {
      this.#c.settle('finished');
    });
    writer.end();
  }
}

function delayOf(event: ReplyEvent | RawEvent): number | undefined {
  return typeof event !== 'string' && 'delayMs' in event ? event.delayMs : undefined;
}
