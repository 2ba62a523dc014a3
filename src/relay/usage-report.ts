import type {
  AdmissionTicket,
  MeterReading,
  Platform,
  Principal,
  RelayRequest,
  TokenUsage,
  UpstreamAccount,
  UsageReport,
} from '@crs/extension-api';
import { mapModel } from '@crs/extension-api';

export interface ReportParts {
  readonly request: RelayRequest;
  readonly principal: Principal;
  readonly platform: Platform;
  readonly account: UpstreamAccount;
  readonly reading: MeterReading;
  readonly statusCode: number;
  readonly admission: AdmissionTicket | null;
  /** Epoch ms of the end. */
  readonly endedAt: number;
}

/** Bytes of text per token where the upstream's own figure never came. */
const BYTES_PER_TOKEN = 4;

/** What one request used. Figures of a stream that broke are a floor and flagged. */
export function toUsageReport(parts: ReportParts): UsageReport {
  const { request, principal, platform, account, reading } = parts;
  const beta = request.headers['anthropic-beta'];
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
    model: reading.model ?? mapModel(account.supportedModels, request.model) ?? request.model,
    endpoint: request.path,
    method: request.method,
    statusCode: parts.statusCode,
    stream: request.stream,
    durationMs: Math.max(0, parts.endedAt - request.receivedAt.getTime()),
    usage: reading.final ? reading.usage : withOutputFloor(reading),
    estimated: !reading.final,
    betaHeader: typeof beta === 'string' ? beta : null,
    speed: reading.speed,
    serviceTier: reading.serviceTier,
    admission: parts.admission,
  };
}

function withOutputFloor({ usage, outputBytes }: MeterReading): TokenUsage {
  return { ...usage, outputTokens: Math.max(usage.outputTokens, Math.floor(outputBytes / BYTES_PER_TOKEN)) };
}
