import type { IncomingHttpHeaders } from 'node:http';
import type { AccountProxy } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { decodeAnswer } from './content-encoding.js';
import { DispatcherPool } from './dispatcher.pool.js';
import { type EgressError, toAbortError, toEgressError } from './egress-error.js';
import { type AnswerBody, UpstreamBody } from './upstream-body.js';

export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly proxy: AccountProxy | null;
  /** Ends the exchange wherever it is. The body must be read to its end or aborted. */
  readonly signal: AbortSignal;
}

export interface IncomingResponse {
  readonly status: number;
  /** There is a `content-encoding` only where it cannot be decoded; the body is as it came then. */
  readonly headers: IncomingHttpHeaders;
  readonly body: AnswerBody;
}

type Controller = Dispatcher.DispatchController;

/** The requests on their way to one upstream, and how many there may be at the same time. */
interface Lane {
  readonly running: Set<Exchange>;
  readonly most: number;
}

/** One HTTP exchange, in the callbacks that the client library calls. Settles its head exactly once. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Controller | null = null;
  private body: UpstreamBody | null = null;
  private settled = false;
  private readonly onAbort = (): void => {
    this.abort(toAbortError(this.request.signal, this.isQueued));
  };

  constructor(
    private readonly request: OutgoingRequest,
    private readonly lane: Lane,
    private readonly resolve: (response: IncomingResponse) => void,
    private readonly reject: (error: Error) => void,
  ) {
    if (request.signal.aborted) this.onAbort();
    else request.signal.addEventListener('abort', this.onAbort, { once: true });
  }

  private get isQueued(): boolean {
    return this.controller === null && this.lane.running.size >= this.lane.most;
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    this.lane.running.add(this);
    // The caller gave up while the request waited for a connection.
    if (this.request.signal.aborted) controller.abort(toAbortError(this.request.signal));
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const body = new UpstreamBody(controller);
    this.body = body;
    this.settle(() => {
      this.resolve({ status, ...decodeAnswer(headers, body, this.request.signal) });
    });
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.body?.push(chunk);
  }

  onResponseEnd(): void {
    this.release();
    this.body?.end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.finish(error);
  }

  /** Also called for what the library throws before it ever calls back. */
  finish(error: unknown): void {
    this.release();
    const fault = toEgressError(error, this.request.proxy !== null);
    this.body?.fail(fault);
    this.settle(() => {
      this.reject(fault);
    });
  }

  private abort(reason: EgressError): void {
    this.controller?.abort(reason);
    this.finish(reason);
  }

  private settle(action: () => void): void {
    if (this.settled) return;
    this.settled = true;
    action();
  }

  private release(): void {
    this.request.signal.removeEventListener('abort', this.onAbort);
    this.lane.running.delete(this);
  }
}

/** Sends one request to an upstream and gives its answer as it comes. No policy, no retry, no clock of its own. */
@Injectable()
export class HttpExchange {
  /** One small entry per upstream and proxy; both are set up by hand. */
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly pool: DispatcherPool) {}

  /**
   * Resolves at the response head. Rejects with an `EgressError`; after the head the body's `read` does. An abort of
   * `signal` ends it at any point, with the fault `aborted`.
   */
  send(request: OutgoingRequest): Promise<IncomingResponse> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(request, this.laneOf(request), resolve, reject);
      if (request.signal.aborted) return;
      try {
        this.pool.assertAllowed(request.url);
        this.pool.get(request.proxy).dispatch(
          {
            origin: request.url.origin,
            path: request.url.pathname + request.url.search,
            method: request.method,
            headers: request.headers,
            body: request.body,
          },
          exchange,
        );
      } catch (error) {
        exchange.finish(error);
      }
    });
  }

  private laneOf({ url, proxy }: OutgoingRequest): Lane {
    const key = JSON.stringify([url.origin, proxy]);
    const lane = this.lanes.get(key) ?? { running: new Set(), most: this.pool.maxRequests(proxy) };
    this.lanes.set(key, lane);
    return lane;
  }
}
