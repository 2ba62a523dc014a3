import {
  mapModel,
  type RelayAdapter,
  type RelayRequest,
  type UpstreamAccount,
  type UpstreamRequest,
} from '@crs/extension-api';
import { findPath, replaceSpan, scanObject } from '@crs/json-scan';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../core/config/app-config.js';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import type { Protocol } from '../protocols/protocol.js';
import { holdUntilContent } from '../stream/first-event.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { StreamTracker } from '../stream/stream-tracker.js';
import { answerHeaders } from '../upstream/header-rules.js';
import { judgedText, readWhole, UpstreamClient } from '../upstream/upstream-client.js';
import { AttemptFailedError } from './attempt-failed.error.js';

/** A non-stream answer is held whole, so that another account can take over until it is complete. */
const MAX_WHOLE_BYTES = 32 * 1024 * 1024;

export interface AttemptOrder {
  readonly request: RelayRequest;
  readonly account: UpstreamAccount;
  readonly adapter: RelayAdapter;
  readonly protocol: Protocol;
  /** The client has gone, or the time of the whole request is up. */
  readonly signal: AbortSignal;
}

/** One attempt with one account, up to the point where its answer belongs to the client. */
@Injectable()
export class AccountAttempt {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly config: AppConfig,
  ) {}

  /** Throws `AttemptFailedError` or `ClientGoneError`. */
  async run(order: AttemptOrder): Promise<RelayAnswer> {
    const { request, account, adapter, signal } = order;
    const headMs = request.stream ? this.config.relay.firstByteTimeoutMs : null;
    const outgoing = buildRequest(adapter, request, account);
    const response = await this.upstream.open(outgoing, account.proxy, { signal, headMs });
    if (response.status < 200 || response.status > 299) throw await this.toStatusFailure(order, response);
    return request.stream ? this.commitStream(order, response) : this.completeWhole(order, response);
  }

  private async toStatusFailure({ request }: AttemptOrder, response: IncomingResponse): Promise<AttemptFailedError> {
    const { status, headers } = response;
    const body = await readWhole(response, MAX_WHOLE_BYTES, this.config.relay.idleTimeoutMs);
    return new AttemptFailedError(
      { kind: 'status', status, headers, text: judgedText(body), endpoint: request.endpoint },
      { status, headers: answerHeaders(headers), body },
    );
  }

  private async commitStream(order: AttemptOrder, response: IncomingResponse): Promise<RelayAnswer> {
    const { idleTimeoutMs } = this.config.relay;
    if (!String(response.headers['content-type']).includes('text/event-stream')) {
      const text = judgedText(await readWhole(response, MAX_WHOLE_BYTES, idleTimeoutMs));
      throw new AttemptFailedError({ kind: 'malformed', reason: text.trim() === '' ? 'empty' : 'not_sse', text });
    }
    const tracker = new StreamTracker(order.protocol, order.adapter.createUsageMeter());
    const held = await holdUntilContent(response, tracker, {
      protocol: order.protocol,
      idleMs: idleTimeoutMs,
      modelForClient: renamedModel(order),
    });
    const { status, headers } = response;
    return { kind: 'stream', status, headers: answerHeaders(headers), held, rest: response, tracker };
  }

  private async completeWhole(order: AttemptOrder, response: IncomingResponse): Promise<RelayAnswer> {
    const body = await readWhole(response, MAX_WHOLE_BYTES, null);
    assertAnswer(body);
    const meter = order.adapter.createUsageMeter();
    meter.onBody(body);
    const { status, headers } = response;
    return {
      kind: 'whole',
      status,
      headers: answerHeaders(headers),
      body: withClientModel(body, renamedModel(order)),
      meter,
    };
  }
}

/** A stored address that is none (a database of v1 may hold one) costs an attempt, not the request. */
function buildRequest(adapter: RelayAdapter, request: RelayRequest, account: UpstreamAccount): UpstreamRequest {
  try {
    return adapter.buildRequest(request, account);
  } catch (error) {
    const detail = `The request could not be built: ${error instanceof Error ? error.message : String(error)}`;
    throw new AttemptFailedError({ kind: 'transport', reason: 'connect', detail });
  }
}

/** The client's name of the model, where the account's upstream knows it by another one. */
function renamedModel({ request, account }: AttemptOrder): string | null {
  const mapped = mapModel(account.supportedModels, request.model);
  return mapped === null || mapped === request.model ? null : request.model;
}

/** A 200 that is no answer (HTML, nothing, an error body) would be taken for a success by the SDKs. */
function assertAnswer(body: Buffer): void {
  const text = judgedText(body);
  if (text.trim() === '') throw new AttemptFailedError({ kind: 'malformed', reason: 'empty', text });
  const scan = scanObject(body, ['type', 'error']);
  if (scan.kind === 'invalid') throw new AttemptFailedError({ kind: 'malformed', reason: 'not_json', text });
  const type = scan.spans.get('type');
  const error = scan.spans.get('error');
  const isErrorType = type !== undefined && body.toString('utf8', type.start, type.end) === '"error"';
  const hasError = error !== undefined && body.toString('utf8', error.start, error.end) !== 'null';
  if (isErrorType || hasError) throw new AttemptFailedError({ kind: 'malformed', reason: 'error_body', text });
}

function withClientModel(body: Buffer, model: string | null): Buffer {
  const span = model === null ? null : findPath(body, ['model']);
  return model === null || span === null ? body : replaceSpan(body, span, model);
}
