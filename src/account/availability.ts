import { mapModel } from '@crs/extension-api';
import type { AccountState } from './account-state.js';

/** Why an account is not used. The same codes everywhere; the last two are set by who schedules. */
export const UNAVAILABLE_REASONS = [
  'inactive',
  'unschedulable',
  'status',
  'rate_limited',
  'cooling_down',
  'quota',
  'model',
  'excluded',
  'expired',
  'slots_full',
  'not_in_pool',
] as const;

export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

/** What an account is wanted for. */
export interface AvailabilityQuestion {
  /** Epoch milliseconds. */
  readonly now: number;
  /** The model that the client asks for; null = any. */
  readonly model: string | null;
  /** What is asked for, in the protocol's words; null = any. */
  readonly endpoint: string | null;
  /** Ids of accounts that this request must not use (again). */
  readonly excluded: ReadonlySet<string>;
}

/** `created` is what v1 calls a responses account that has not been used yet. */
const USABLE_STATUSES: ReadonlySet<string> = new Set(['active', 'created']);

/** Something that holds an account back, and when it ends: null = not by itself. */
interface Hindrance {
  readonly reason: UnavailableReason;
  readonly until: Date | null;
}

/**
 * Every reason why an account cannot take a request now, each once; empty = it can. Whether the account is in the pool
 * of the key is not asked here.
 */
export function unavailableReasons(state: AccountState, question: AvailabilityQuestion): UnavailableReason[] {
  return [...new Set(hindrances(state, question).map((hindrance) => hindrance.reason))];
}

/**
 * When the last of the temporary reasons ends. Null when there is none, or when something holds the account back that
 * does not end by itself. Without a model or endpoint, marks about single ones are left out.
 */
export function availableAt(
  state: AccountState,
  now: number,
  asked: Partial<Pick<AvailabilityQuestion, 'model' | 'endpoint'>> = {},
): Date | null {
  const found = hindrances(state, { now, model: null, endpoint: null, excluded: NONE, ...asked });
  let last: Date | null = null;
  for (const { until } of found) {
    if (until === null) return null;
    if (last === null || until > last) last = until;
  }
  return last;
}

/** The account could take the request, but its upstream does not have the endpoint. */
export function lacksEndpointOnly(state: AccountState, question: AvailabilityQuestion): boolean {
  const until = question.endpoint === null ? undefined : state.marks.missingEndpoints.get(question.endpoint);
  const isMissing = until !== undefined && until.getTime() > question.now;
  return isMissing && hindrances(state, { ...question, endpoint: null }).length === 0;
}

const NONE: ReadonlySet<string> = new Set();

function hindrances(state: AccountState, question: AvailabilityQuestion): Hindrance[] {
  return [...lastingOnes(state, question), ...temporaryOnes(state, question)];
}

/**
 * `subscriptionExpiresAt` is enforced for every platform. v1 stores it for console accounts and does not look at it in
 * the pool; an account that is known to have run out only costs each request a failed attempt.
 */
function lastingOnes({ account }: AccountState, { now, model, excluded }: AvailabilityQuestion): Hindrance[] {
  const { subscriptionExpiresAt: expiresAt } = account;
  const checks: readonly (readonly [UnavailableReason, boolean])[] = [
    ['inactive', !account.isActive],
    ['unschedulable', !account.schedulable],
    ['status', !USABLE_STATUSES.has(account.status)],
    ['expired', expiresAt !== null && expiresAt.getTime() <= now],
    ['model', model !== null && mapModel(account.supportedModels, model) === null],
    ['excluded', excluded.has(account.id)],
  ];
  return checks.filter(([, holds]) => holds).map(([reason]) => ({ reason, until: null }));
}

function temporaryOnes({ account, marks }: AccountState, { now, model, endpoint }: AvailabilityQuestion): Hindrance[] {
  const { coolDown, resetAt, quotaResetsAt } = marks;
  const found: (Hindrance & { readonly until: Date })[] = [...marks.v1Stops];
  if (coolDown !== null) found.push({ reason: coolDownReason(coolDown.type), until: coolDown.until });
  if (resetAt !== null) found.push({ reason: 'rate_limited', until: resetAt });
  const withoutModel = model === null ? undefined : marks.missingModels.get(model);
  if (withoutModel !== undefined) found.push({ reason: 'model', until: withoutModel });
  const limitedModel = model === null ? undefined : marks.limitedModels.get(model);
  if (limitedModel !== undefined) found.push({ reason: 'rate_limited', until: limitedModel });
  const withoutEndpoint = endpoint === null ? undefined : marks.missingEndpoints.get(endpoint);
  if (withoutEndpoint !== undefined) found.push({ reason: 'cooling_down', until: withoutEndpoint });
  const limitedEndpoint = endpoint === null ? undefined : marks.limitedEndpoints.get(endpoint);
  if (limitedEndpoint !== undefined) found.push({ reason: 'cooling_down', until: limitedEndpoint });
  const quotaSpent = account.dailyQuotaUsd > 0 && marks.quotaSpentUsd >= account.dailyQuotaUsd;
  if (quotaSpent && quotaResetsAt !== null) found.push({ reason: 'quota', until: quotaResetsAt });
  return found.filter(({ until }) => until.getTime() > now);
}

export const coolDownReason = (coolDownType: string): UnavailableReason =>
  coolDownType === 'rate_limit' ? 'rate_limited' : 'cooling_down';
