import type { AccountMark, AttemptFailure, FailureVerdict, RelayRequest, UpstreamAccount } from '@crs/extension-api';
import type { AppConfig } from '../../core/config/app-config.js';
import { type MarkPlan, planMark } from '../mark-plan.js';

/** What a client's request would have met. */
export interface JudgedTest {
  readonly failure: AttemptFailure;
  /** What the platform makes of the failure. */
  readonly verdict: FailureVerdict;
  /** The answer had begun: a client would have seen it, and no other account could take over. */
  readonly wasAnswered: boolean;
  readonly request: RelayRequest;
  readonly account: UpstreamAccount;
  readonly config: Pick<AppConfig, 'marks' | 'relay'>;
  /** Epoch ms. */
  readonly now: number;
}

export interface TestVerdict {
  /** Null: no mark. */
  readonly mark: AccountMark['type'] | null;
  readonly verdict: string;
}

/** Says what the gateway would do, had a client's request failed like the test. */
export function judgeTest(test: JudgedTest): TestVerdict {
  const { verdict, account } = test;
  if (verdict.action === 'give_up') {
    return { mark: null, verdict: `${clientWords(test)}; the account would not be marked.` };
  }
  const { mark } = verdict;
  if (mark === null) return { mark, verdict: `${clientWords(test)}; this one would not be marked.` };
  if (account.disableAutoProtection) {
    const words = `${clientWords(test)}; this one would not be marked, because disableAutoProtection is on.`;
    return { mark: null, verdict: words };
  }
  return { mark: mark.type, verdict: `${clientWords(test)}; ${markWords(mark, test)}` };
}

function clientWords({ failure, verdict, wasAnswered, config }: JudgedTest): string {
  const patience = failure.kind === 'timeout' ? patienceWords(failure.reason, config.relay) : '';
  if (wasAnswered) return `A client would ${patience}see its answer break off`;
  return verdict.action === 'give_up'
    ? `A client would ${patience}get this answer as it is`
    : `A client's request would ${patience}go on to another account`;
}

/** A test waits for less than a client's request does. */
function patienceWords(
  reason: Extract<AttemptFailure, { kind: 'timeout' }>['reason'],
  { firstByteTimeoutMs, idleTimeoutMs }: AppConfig['relay'],
): string {
  const [ms, name] =
    reason === 'first_byte'
      ? [firstByteTimeoutMs, 'UPSTREAM_FIRST_BYTE_TIMEOUT']
      : [idleTimeoutMs, 'UPSTREAM_IDLE_TIMEOUT'];
  return `wait up to ${String(Math.ceil(ms / 1000))} s (${name}) and then `;
}

/** Asked of the plan that a real failure would be written by, so that the two cannot differ. */
function markWords(mark: AccountMark, { request, account, config, now }: JudgedTest): string {
  const detail = { requestId: request.id, model: request.model, endpoint: request.endpoint, text: '' };
  const { secret, rateLimitMinutes } = account;
  const plan = planMark(mark, detail, { marks: config.marks, now, secret, rateLimitMinutes });
  const seconds = secondsOf(plan, now);
  if (seconds === 0) return `this one would get the mark ${mark.type} in its history only and stay in use.`;
  if (mark.type === 'endpoint_missing') {
    return `this one would not be asked for this endpoint for ${String(seconds)} s. Look at apiUrl: its path may lack a /v1, or have one too many.`;
  }
  if (mark.scope === 'endpoint') return `this one would not be asked for this endpoint for ${String(seconds)} s.`;
  if (mark.type === 'model_missing' || mark.scope === 'model')
    return `this one would not be asked for this model for ${String(seconds)} s.`;
  return `this one would be marked ${mark.type} and left out for ${String(seconds)} s.`;
}

function secondsOf({ coolDown, named }: MarkPlan, now: number): number {
  const namedMs = named === null ? 0 : named.until.getTime() - now;
  return Math.ceil(Math.max(coolDown?.ttlMs ?? 0, namedMs) / 1000);
}
