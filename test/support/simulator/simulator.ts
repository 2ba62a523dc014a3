import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readAsked } from './asked.ts';
import { BehaviourBook } from './behaviour-book.ts';
import { answerControl } from './control-routes.ts';
import { Exchange } from './exchange.ts';
import { HoldGate } from './hold-gate.ts';
import { type LogEntry, RequestLog } from './request-log.ts';
import { endpointOf, generates, keyOf, modelsAnswer, protocolOf } from './routes.ts';
import type { SimulatedUsage, SimulatorStep, StepLike } from './step.ts';
import { inputTokensOf } from './usage.ts';

export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** Newest requests that are remembered. Default 10000. */
  readonly logLimit?: number;
  /** False: bodies are hashed and forgotten. Default true. */
  readonly keepBodies?: boolean;
}

/** An upstream that does what a test tells it, key by key. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly log: readonly LogEntry[];
  /** Replaces what this upstream key does next, one step per generating request; `*` = keys without steps of their own. */
  script(key: string, steps: readonly StepLike[]): void;
  /** What the key does when its script is used up; null = answer well. */
  setDefault(key: string, step: StepLike | null): void;
  requests(key: string): readonly LogEntry[];
  /** The most requests of the key that were open at the same time. */
  peak(key: string): number;
  /** Sum of the final figures that answers to this key have reported. */
  usage(key: string): SimulatedUsage;
  /** Resolves when the key has made `count` requests. */
  arrived(key: string, count: number, timeoutMs?: number): Promise<void>;
  /** Resolves when `count` requests of the key have ended, one way or another. */
  settled(key: string, count: number, timeoutMs?: number): Promise<void>;
  /** Resolves when `count` answers of the key are held back. */
  held(key: string, count?: number, timeoutMs?: number): Promise<void>;
  /** Lets the held answers of the key go on. */
  release(key: string): void;
  /** Forgets scripts, defaults and the log. */
  reset(): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

const WAIT_MS = 5_000;
/** Fields of a step that say nothing of the answer. */
const CONDITIONS: ReadonlySet<string> = new Set(['for', 'times', 'onlyBelow']);
const HELLO_PATHS = new Set(['/', '/api/hello']);

class UpstreamSimulator {
  readonly book = new BehaviourBook();
  readonly log: RequestLog;
  readonly gate: HoldGate;
  readonly #keepBodies: boolean;

  constructor(options: SimulatorOptions) {
    this.log = new RequestLog(options.logLimit ?? 10_000);
    this.gate = new HoldGate(() => {
      this.log.changed();
    });
    this.#keepBodies = options.keepBodies ?? true;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const path = url.replace(/\?.*$/s, '');
    if (path.startsWith('/__')) {
      await answerControl(request, response, this);
      return;
    }
    const entry = this.#enter(request, path);
    const { settle, gone } = this.#watch(entry, response);
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.#noteBody(entry, Buffer.concat(chunks));
    await new Exchange({
      response,
      entry,
      step: this.#stepFor(entry, path),
      protocol: protocolOf(entry.endpoint),
      asked: readAsked(entry.body),
      gate: this.gate,
      gone,
      settle,
    }).run();
    if (!this.#keepBodies) entry.body = Buffer.alloc(0);
  }

  /** What does not generate is answered from tables, unless a script speaks of it. */
  #stepFor(entry: LogEntry, path: string): SimulatorStep {
    const step = this.book.take(entry.key, entry.endpoint);
    if (step.onlyBelow !== undefined && !path.startsWith(step.onlyBelow)) return missing(entry.method, path);
    if (generates(entry.endpoint) || Object.keys(step).some((name) => !CONDITIONS.has(name))) return step;
    const notFound = { error: { type: 'not_found_error', message: `${entry.method} ${path}` } };
    if (entry.endpoint === 'count_tokens') return { body: { input_tokens: inputTokensOf(entry.body) } };
    if (entry.endpoint === 'models') {
      const body = modelsAnswer(path, entry.headers);
      return body === null ? notFound : { body };
    }
    return HELLO_PATHS.has(path) ? { body: { message: 'hello' } } : notFound;
  }

  #enter(request: IncomingMessage, path: string): LogEntry {
    const entry: LogEntry = {
      n: this.log.nextNumber(),
      at: Date.now(),
      key: keyOf(request.headers),
      endpoint: endpointOf(path),
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      connection: request.socket.remotePort ?? 0,
      body: Buffer.alloc(0),
      bodyBytes: 0,
      bodySha256: '',
      status: 0,
      events: 0,
      usage: null,
      usageStage: 'none',
      reportedAt: null,
      outcome: 'open',
      ms: 0,
    };
    this.log.append(entry);
    return entry;
  }

  #watch(
    entry: LogEntry,
    response: ServerResponse,
  ): { settle: (outcome: LogEntry['outcome']) => void; gone: AbortSignal } {
    const controller = new AbortController();
    const startedAt = performance.now();
    const settle = (outcome: LogEntry['outcome']): void => {
      if (entry.outcome !== 'open') return;
      entry.ms = performance.now() - startedAt;
      this.log.end(entry, outcome);
    };
    response.on('close', () => {
      controller.abort();
      settle(response.writableFinished ? 'finished' : 'client_abort');
    });
    response.on('error', () => undefined);
    return { settle, gone: controller.signal };
  }

  #noteBody(entry: LogEntry, body: Buffer): void {
    entry.body = body;
    entry.bodyBytes = body.length;
    entry.bodySha256 = createHash('sha256').update(body).digest('hex');
  }
}

/** In the words of OpenAI for a path that it does not have. */
function missing(method: string, path: string): SimulatorStep {
  const error = { type: 'invalid_request_error', message: `Invalid URL (${method} ${path})` };
  return { status: 404, error };
}

async function listen(server: Server, options: SimulatorOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** Starts an upstream on its own port. Close it when done. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const upstream = new UpstreamSimulator(options);
  const { book, log, gate } = upstream;
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    upstream.handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const port = await listen(server, options);
  const host = options.host ?? '127.0.0.1';
  const ended = (key: string): number => log.of(key).filter((entry) => entry.outcome !== 'open').length;
  return {
    url: `http://${host}:${port}`,
    port,
    get log() {
      return log.all();
    },
    script: (key, steps) => {
      book.script(key, steps);
    },
    setDefault: (key, step) => {
      book.setDefault(key, step);
    },
    requests: (key) => log.of(key),
    peak: (key) => log.peak(key),
    usage: (key) => log.usage(key),
    arrived: (key, count, timeoutMs = WAIT_MS) =>
      log.until(`request ${count} of ${key}`, () => log.of(key).length >= count, timeoutMs),
    settled: (key, count, timeoutMs = WAIT_MS) =>
      log.until(`the end of request ${count} of ${key}`, () => ended(key) >= count, timeoutMs),
    held: (key, count = 1, timeoutMs = WAIT_MS) =>
      log.until(`${count} held answers of ${key}`, () => gate.count(key) >= count, timeoutMs),
    release: (key) => {
      gate.release(key);
    },
    reset: () => {
      book.clear();
      log.clear();
    },
    close: () => stop(server),
  };
}
