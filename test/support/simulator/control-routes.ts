import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BehaviourBook } from './behaviour-book.ts';
import type { HoldGate } from './hold-gate.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import type { StepLike } from './step.ts';

export interface Controlled {
  readonly book: BehaviourBook;
  readonly log: RequestLog;
  readonly gate: HoldGate;
}

/** One order of `POST /__control`; the body is one of them or a list. */
interface Order {
  readonly key?: string;
  readonly script?: readonly StepLike[];
  readonly default?: StepLike | null;
  readonly release?: boolean;
  readonly reset?: boolean;
}

async function readOrders(request: IncomingMessage): Promise<readonly Order[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Order | readonly Order[];
  return Array.isArray(parsed) ? (parsed as readonly Order[]) : [parsed as Order];
}

function carryOut(order: Order, { book, log, gate }: Controlled): void {
  if (order.reset) {
    book.clear();
    log.clear();
  }
  if (order.key === undefined) return;
  if (order.script) book.script(order.key, order.script);
  if (order.default !== undefined) book.setDefault(order.key, order.default);
  if (order.release) gate.release(order.key);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function publicEntry(entry: LogEntry, withBody: boolean): unknown {
  return { ...entry, body: withBody ? entry.body.toString() : undefined };
}

function readLog(url: URL, { log }: Controlled): unknown {
  const key = url.searchParams.get('key');
  const entries = key === null ? log.all() : log.of(key);
  const withBody = url.searchParams.has('bodies');
  return {
    count: entries.length,
    entries: entries.map((entry) => publicEntry(entry, withBody)),
    ...(key === null ? {} : { usage: log.usage(key) }),
  };
}

/**
 * The simulator's own paths, for use from another process: `POST /__control` with an order or a list of them,
 * `GET /__log[?key=K][&bodies]`, `DELETE /__log`.
 */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  controlled: Controlled,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const route = `${request.method ?? 'GET'} ${url.pathname}`;
  if (route === 'POST /__control') {
    try {
      for (const order of await readOrders(request)) carryOut(order, controlled);
      send(response, 200, { ok: true });
    } catch (error: unknown) {
      send(response, 400, { ok: false, message: error instanceof Error ? error.message : String(error) });
    }
    return;
  }
  if (route === 'DELETE /__log') {
    controlled.log.clear();
    send(response, 200, { ok: true });
    return;
  }
  if (route === 'GET /__log') send(response, 200, readLog(url, controlled));
  else send(response, 404, { ok: false, message: `no such route: ${route}` });
}
