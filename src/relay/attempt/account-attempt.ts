import {
  type HeaderMap,
  mapModel,
  type RelayAdapter,
  type RelayRequest,
  type UpstreamAccount,
  type UpstreamRequest,
} from '@crs/extension-api';
import { findPath, replaceSpan } from '@crs/json-scan';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../core/config/app-config.js';
import type { IncomingResponse } from '../../core/egress/http-exchange.js';
import type { AnswerBody } from '../../core/egress/upstream-body.js';
import type { Selection } from '../../scheduler/scheduler.service.js';
import { type LedgerAttempt, RelayLedger } from '../relay-ledger.js';
import type { StreamTranslator } from '../endpoint.js';
import { AttemptTranslation, type Translated } from './attempt-translation.js';
import { holdUntilContent } from '../stream/first-event.js';
import { ModelRenamer } from '../stream/model-renamer.js';
import type { RelayAnswer } from '../stream/relay-answer.js';
import { StreamTracker } from '../stream/stream-tracker.js';
import { ReadOnlyMeter, TranslatedBody } from '../stream/translated-body.js';
import { answerHeaders } from '../upstream/header-rules.js';
import { JUDGED_TEXT_BYTES, judgedText, readAsFarAs, readWhole, UpstreamClient } from '../upstream/upstream-client.js';
import { AttemptFailedError, type UpstreamAnswer } from './attempt-failed.error.js';

/** A non-stream answer is held whole, so that another account can take over until it is complete. */
const MAX_WHOLE_BYTES = 32 * 1024 * 1024;
/** An error is worth no longer wait: its status and headers say nearly everything. */
const ERROR_BODY_MS = 3000;
/** The longest refusal that goes back to the client; one that is longer is none of an API's. */
const MAX_REFUSAL_BYTES = 1024 * 1024;
/** Refusals that may go back to the client as they are; the others are judged by as much as came of them. */
const MAY_PASS_THROUGH = (status: number): boolean => status >= 400 && status < 500 && !JUDGED_BY_STATUS.has(status);
const JUDGED_BY_STATUS: ReadonlySet<number> = new Set([401, 402, 403, 429]);

export interface AttemptOrder extends LedgerAttempt {
  readonly selection: Selection;
  readonly adapter: RelayAdapter;
  /** The client has gone, the gateway stops, or the time of the whole request is up. */
  readonly signal: AbortSignal;
}

/** An order, as it is put to the account. */
type TranslatedOrder = AttemptOrder & Translated;

/** One attempt with one account, up to the point where its answer belongs to the client. */
@Injectable()
export class AccountAttempt {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly ledger: RelayLedger,
    private readonly translation: AttemptTranslation,
    private readonly config: AppConfig,
  ) {}

  /**
   * Throws `AttemptFailedError`, the reason for which the signal was aborted, or, before anything was sent, `RelayError` for
   * what cannot be said to such an upstream.
   */
  async run(untranslated: AttemptOrder): Promise<RelayAnswer> {
    const order = { ...untranslated, ...this.translation.translate(untranslated) };
    try {
      return await this.exchange(order);
    } catch (error) {
      const waste = error instanceof AttemptFailedError ? this.ledger.findWaste(order) : null;
      if (waste !== null) order.waste.push(waste);
      throw error;
    }
  }

  private async exchange(order: TranslatedOrder): Promise<RelayAnswer> {
    const { request, outgoing: asked, account, adapter, signal } = order;
    // The head of an answer that is paid for comes only with all of it: to ask another account would buy it again.
    const headMs = request.stream || !order.endpoint.isBooked ? this.config.relay.firstByteTimeoutMs : null;
    const outgoing = buildRequest(adapter, asked, account);
    this.ledger.noteDispatch(order);
    const response = await this.upstream.open(outgoing, account.proxy, { signal, headMs });
    // Another success (206, 204) is not what was asked for.
    if (response.status !== 200) throw await toStatusFailure(response, order);
    assertReadable(response);
    return request.stream ? this.commitStream(order, response) : completeWhole(order, response);
  }

  private async commitStream(order: TranslatedOrder, response: IncomingResponse): Promise<RelayAnswer> {
    if (!contentTypeOf(response).includes('text/event-stream')) throw await toNoStream(response);
    const { meter, endpoint } = order;
    const { protocol } = endpoint;
    const body = bodyForClient(order, response.body);
    const tracker = new StreamTracker(
      protocol,
      body === response.body ? meter : new ReadOnlyMeter(meter),
      (reading) => {
        this.ledger.noteInput(order, reading);
      },
    );
    const rest: IncomingResponse = { ...response, body };
    const held = await holdUntilContent(rest, tracker, { protocol, idleMs: this.config.relay.idleTimeoutMs });
    const { status, headers } = response;
    return { kind: 'stream', status, headers: headersForClient(headers, order), held, rest, tracker };
  }
}

/** The stream as the client sees it. What is not the upstream's own body feeds the meter itself. */
function bodyForClient(order: TranslatedOrder, body: AnswerBody): AnswerBody {
  const { bridge, request, meter, endpoint } = order;
  const model = renamedModel(order);
  const renamer = model === null ? null : new ModelRenamer(endpoint.protocol, model);
  const translated = bridge?.openStream(request) ?? null;
  // What was put into the client's words names its model already.
  const isNative = bridge?.target.name === endpoint.name;
  const translator = translated !== null && isNative && renamer !== null ? inTurn(translated, renamer) : translated;
  const last = translator ?? renamer;
  return last === null ? body : new TranslatedBody(body, last, meter);
}

/** Two translators that both leave an event the event that it is, or take it out. */
const inTurn = (first: StreamTranslator, second: StreamTranslator): StreamTranslator => ({
  translate: (event, bytes) => second.translate(event, first.translate(event, bytes)),
});

/** The id of the request goes by another name in each protocol, and the model by the one that was asked for. */
function headersForClient(headers: HeaderMap, order: TranslatedOrder): Record<string, string> {
  const { 'request-id': id, 'openai-model': model, ...others } = answerHeaders(headers);
  const named = model === undefined ? others : { ...others, 'openai-model': renamedModel(order) ?? model };
  if (id === undefined) return named;
  return order.bridge === null ? { ...named, 'request-id': id } : { 'x-request-id': id, ...named };
}

async function completeWhole(order: TranslatedOrder, response: IncomingResponse): Promise<RelayAnswer> {
  const body = await readWhole(response, MAX_WHOLE_BYTES);
  assertAnswer(order, body);
  order.meter.onBody(body);
  const { status, headers } = response;
  const { bridge, request, meter } = order;
  const forClient = withClientModel(bridge?.toClient(body, request) ?? body, renamedModel(order));
  return { kind: 'whole', status, headers: headersForClient(headers, order), body: forClient, meter };
}

/** A status is never forgotten because its body broke; only a refusal that would go back must have come whole. */
async function toStatusFailure(response: IncomingResponse, order: TranslatedOrder): Promise<Error> {
  const { status, headers } = response;
  const mayPass = MAY_PASS_THROUGH(status);
  if (mayPass) assertReadable(response);
  const { body, broken } = await readAsFarAs(response, mayPass ? MAX_REFUSAL_BYTES : JUDGED_TEXT_BYTES, ERROR_BODY_MS);
  if (mayPass && broken !== null) return toBrokenRefusal(broken);
  return new AttemptFailedError(
    { kind: 'status', status, headers, text: judgedText(body) },
    mayPass ? toRefusal({ status, headers, body }, order) : null,
  );
}

function toRefusal(
  { status, headers, body }: { readonly status: number; readonly headers: HeaderMap; readonly body: Buffer },
  order: TranslatedOrder,
): UpstreamAnswer {
  const passed = headersForClient(headers, order);
  const told = order.bridge?.refusalToClient(body) ?? body;
  return { status, headers: told === body ? passed : { ...passed, 'content-type': 'application/json' }, body: told };
}

/** What is too large as an answer would be bought again elsewhere; a refusal costs nothing, and may be another one there. */
function toBrokenRefusal(broken: Error): Error {
  const isTooLarge = broken instanceof AttemptFailedError && broken.failure.kind === 'malformed';
  if (!isTooLarge) return broken;
  const detail = `The refusal is longer than ${String(MAX_REFUSAL_BYTES)} bytes`;
  return new AttemptFailedError({ kind: 'transport', reason: 'garbage', detail });
}

async function toNoStream(response: IncomingResponse): Promise<Error> {
  const { body } = await readAsFarAs(response, JUDGED_TEXT_BYTES, ERROR_BODY_MS);
  const text = judgedText(body);
  return new AttemptFailedError({ kind: 'malformed', reason: text.trim() === '' ? 'empty' : 'not_sse', text });
}

const contentTypeOf = ({ headers }: IncomingResponse): string => String(headers['content-type']).toLowerCase();

/** An encoding is left only where it could not be decoded: such an answer can be neither read along nor passed on. */
function assertReadable(response: IncomingResponse): void {
  if (response.headers['content-encoding'] === undefined) return;
  const failure = new AttemptFailedError({ kind: 'malformed', reason: 'compressed', text: '' });
  response.body.abort(failure);
  throw failure;
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

/** The client's name of the model, where the account's upstream is asked for another one: by its map, or by a transformer. */
function renamedModel({ request: { askedModel }, outgoing: { model }, account }: TranslatedOrder): string | null {
  const sent = mapModel(account.supportedModels, model) ?? model;
  return sent === askedModel ? null : askedModel;
}

/** A 200 that is no answer (HTML, nothing, an error in whose words ever) would be taken for a success by the SDKs. */
function assertAnswer(order: TranslatedOrder, body: Buffer): void {
  const endpoint = order.bridge?.target ?? order.endpoint;
  const text = judgedText(body);
  if (text.trim() === '') throw new AttemptFailedError({ kind: 'malformed', reason: 'empty', text });
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AttemptFailedError({ kind: 'malformed', reason: 'not_json', text });
  }
  if (!endpoint.protocol.isAnswer(endpoint.name, answer)) {
    throw new AttemptFailedError({ kind: 'malformed', reason: 'error_body', text });
  }
}

function withClientModel(body: Buffer, model: string | null): Buffer {
  const span = model === null ? null : findPath(body, ['model']);
  return model === null || span === null ? body : replaceSpan(body, span, model);
}
