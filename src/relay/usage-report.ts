import type {
  AdmissionTicket,
  MeterReading,
  Platform,
  Principal,
  RelayRequest,
  ServiceName,
  TokenUsage,
  UpstreamAccount,
  UsageReport,
  WastedAttempt,
} from '@crs/extension-api';
import { mapModel } from '@crs/extension-api';
import { boundedModelName, LONGEST_MODEL_NAME } from '../stats/model-name.js';

export interface ReportParts {
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly platform: Platform;
  readonly account: UpstreamAccount;
  readonly reading: MeterReading;
  readonly status: number;
  /** Length of an answer that came whole; 0 for a stream. */
  readonly answerBytes: number;
  /** The answer came to its end. */
  readonly isWhole: boolean;
  readonly admission: AdmissionTicket | null;
  /** Epoch ms of the end. */
  readonly endedAt: number;
}

/** Bytes of text per token where the upstream's own figure never came. */
const BYTES_PER_TOKEN = 4;
/** A usual context window; also the most that is priced as no long prompt. */
const MOST_GUESSED_TOKENS = 200_000;

/**
 * What one request used. Figures of a stream that broke are a floor and flagged; what was never told of the input, or of
 * the output of a whole answer, is taken from the length, flagged, and never nothing.
 */
export function toUsageReport(parts: ReportParts): UsageReport {
  const { request, principal, platform, account, reading } = parts;
  const { usage, usageMissing } = usedBy(parts);
  return {
    requestId: request.id,
    at: new Date(parts.endedAt),
    keyId: principal.keyId,
    weeklyResetDay: principal.weeklyResetDay,
    weeklyResetHour: principal.weeklyResetHour,
    rateLimitWindowMinutes: principal.limits.rateLimitWindow,
    keyServiceRates: principal.serviceRates,
    accountId: account.id,
    accountType: platform.account.accountType,
    accountRecordPrefix: platform.account.recordPrefix,
    quotaResetTime: account.quotaResetTime,
    service: platform.service,
    model: bookedModel(parts),
    endpoint: request.path,
    method: request.method,
    statusCode: parts.status,
    stream: request.stream,
    durationMs: Math.max(0, parts.endedAt - request.receivedAt.getTime()),
    usage,
    estimated: usageMissing || !reading.final,
    usageMissing,
    betaHeader: betaOf(request),
    speed: reading.speed,
    serviceTier: reading.serviceTier,
    admission: parts.admission === null ? null : boundedTicket(parts.admission),
  };
}

export interface WasteParts {
  readonly request: RelayRequest;
  readonly account: UpstreamAccount;
  readonly service: ServiceName;
  readonly reading: MeterReading;
  /** Epoch ms. */
  readonly at: number;
}

/** What an attempt used that led to no answer. */
export function toWastedAttempt(parts: WasteParts): WastedAttempt {
  const { request, account, service, reading } = parts;
  return {
    at: new Date(parts.at),
    accountId: account.id,
    quotaResetTime: account.quotaResetTime,
    service,
    model: bookedModel(parts),
    usage: usedBy({ request, reading, answerBytes: 0, isWhole: false }).usage,
    betaHeader: betaOf(request),
    speed: reading.speed,
    serviceTier: reading.serviceTier,
  };
}

/** Usage is booked under the upstream's name of a model, as far as it is one: an upstream may repeat whatever it was asked. */
const bookedModel = ({ reading, account, request }: Pick<ReportParts, 'reading' | 'account' | 'request'>): string =>
  boundedModelName(reading.model ?? mapModel(account.supportedModels, request.model) ?? request.model);

/** What such a name costs is not learned. */
const boundedTicket = (ticket: AdmissionTicket): AdmissionTicket =>
  ticket.model.length > LONGEST_MODEL_NAME ? { ...ticket, model: '' } : ticket;

function betaOf({ headers }: RelayRequest): string | null {
  const beta = headers['anthropic-beta'];
  return typeof beta === 'string' ? beta : null;
}

function usedBy(parts: Pick<ReportParts, 'request' | 'reading' | 'answerBytes' | 'isWhole'>): {
  readonly usage: TokenUsage;
  readonly usageMissing: boolean;
} {
  const { request, reading, answerBytes, isWhole } = parts;
  // Of an answer that broke before it told anything nothing is known, not even that it has cost something.
  const lacksInput = !reading.inputKnown && (isWhole || reading.started || reading.outputBytes > 0);
  const lacksOutput = !reading.outputKnown && isWhole;
  // Who has generated something has read the input, and some upstreams tell it with their last words only: without a guess
  // a client that leaves just before them would never pay for it.
  const guessesInput = lacksInput && (isWhole || reading.outputBytes > 0);
  const floor = floorOf(reading);
  const usage = {
    ...floor,
    ...(guessesInput && { inputTokens: inputByLength(request, reading.usage) }),
    ...(lacksOutput && { outputTokens: Math.ceil(Math.max(answerBytes, reading.outputBytes) / BYTES_PER_TOKEN) }),
  };
  return { usage, usageMissing: lacksInput || lacksOutput };
}

/** What the cache does not account for. Pictures make bodies longer than any prompt is. */
function inputByLength({ body }: RelayRequest, told: TokenUsage): number {
  const tokens = Math.min(Math.ceil(body.length / BYTES_PER_TOKEN), MOST_GUESSED_TOKENS);
  return Math.max(told.inputTokens, tokens - told.cacheCreateTokens - told.cacheReadTokens);
}

function floorOf({ final, usage, outputBytes }: MeterReading): TokenUsage {
  if (final) return usage;
  return { ...usage, outputTokens: Math.max(usage.outputTokens, Math.floor(outputBytes / BYTES_PER_TOKEN)) };
}
