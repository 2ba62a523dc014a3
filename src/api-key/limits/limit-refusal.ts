import { type Principal, RelayError } from '@crs/extension-api';
import type { Zone } from '../../core/time/zone.js';
import { toMicroLimit } from './admission-terms.js';
import { boundedLimits } from './limit-bounds.js';
import type { BudgetName, Busy, QueueFull, Spent, WindowFull, WindowName } from './admission-decision.js';

const MINUTE_MS = 60_000;
const RETRY_AT_ONCE_SECONDS = 1;
const RETRY_SOON_SECONDS = 5;

/** What the words need: who was refused, when, and where dates are told. */
export interface RefusalContext {
  readonly principal: Principal;
  /** Epoch ms. */
  readonly at: number;
  readonly zone: Zone;
}

/** What a client is told whose request did not get through. */
export function limitRefusal(refusal: Spent | WindowFull | Busy | QueueFull, context: RefusalContext): RelayError {
  switch (refusal.kind) {
    case 'spent':
      return budgetSpent(refusal, context);
    case 'window':
      return windowExceeded(refusal, context);
    case 'busy':
      return new RelayError('too_many_requests', busyText(refusal, context.principal), {
        retryAfterSeconds: RETRY_AT_ONCE_SECONDS,
      });
    case 'queue_full': {
      const taken = `The queue of this API key is full (${counted(refusal.waiting, 'request')}).`;
      const options = { retryAfterSeconds: RETRY_SOON_SECONDS };
      return new RelayError('too_many_requests', `${taken} Please try again in a few seconds.`, options);
    }
  }
}

function budgetSpent({ limit, usedMicroUsd }: Spent, context: RefusalContext): RelayError {
  const resetAt = budgetResetAt(limit, context);
  const spent = `This API key has spent its ${limitText(limit, context.principal)} (${moneyText(usedMicroUsd)}).`;
  if (resetAt === null) return new RelayError('budget_spent', `${spent} An administrator can raise it.`);
  return new RelayError('budget_spent', `${spent} ${resetText(resetAt, context.zone)}`, { resetAt: new Date(resetAt) });
}

/** Epoch ms; null = it does not reset. */
function budgetResetAt(limit: BudgetName, { principal, at, zone }: RefusalContext): number | null {
  switch (limit) {
    case 'total':
      return null;
    case 'daily':
      return zone.nextDay(at);
    case 'weekly':
      return zone.weekEndsAt(at, principal.weeklyResetDay, principal.weeklyResetHour);
  }
}

function windowExceeded({ limit, used, startedAt }: WindowFull, { principal, at, zone }: RefusalContext): RelayError {
  const resetAt = startedAt + boundedLimits(principal.limits).rateLimitWindow * MINUTE_MS;
  const usedText = limit === 'cost' ? moneyText(used) : `${used} ${limit}`;
  const message = `This API key has used up its ${limitText(limit, principal)} (${usedText}).`;
  return new RelayError('window_exceeded', `${message} ${resetText(resetAt, zone)}`, {
    resetAt: new Date(resetAt),
    retryAfterSeconds: Math.ceil((resetAt - at) / 1000),
  });
}

function busyText({ reason }: Busy, principal: Principal): string {
  switch (reason) {
    case 'concurrency':
      return concurrencyText(principal);
    case 'waiting':
      return 'Other requests of this API key are waiting for their turn. Please try again in a moment.';
    default:
      return `What is left of this API key's ${limitText(reason, principal)} is held by requests that are running. Please try again in a moment.`;
  }
}

const concurrencyText = ({ limits }: Principal): string =>
  `This API key has reached its limit of ${counted(boundedLimits(limits).concurrencyLimit, 'request')} at the same time.`;

function limitText(limit: BudgetName | WindowName, principal: Principal): string {
  const limits = boundedLimits(principal.limits);
  const perWindow = `per ${counted(limits.rateLimitWindow, 'minute')}`;
  switch (limit) {
    case 'total':
      return `total limit of ${moneyText(toMicroLimit(limits.totalCostLimit))}`;
    case 'weekly':
      return `weekly limit of ${moneyText(toMicroLimit(limits.weeklyOpusCostLimit))} for Claude models`;
    case 'daily':
      return `daily limit of ${moneyText(toMicroLimit(limits.dailyCostLimit))}`;
    case 'requests':
      return `limit of ${counted(limits.rateLimitRequests, 'request')} ${perWindow}`;
    case 'tokens':
      return `limit of ${counted(limits.tokenLimit, 'token')} ${perWindow}`;
    case 'cost':
      return `limit of ${moneyText(toMicroLimit(limits.rateLimitCost))} ${perWindow}`;
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Never earlier than it is: the minute is rounded up. */
const resetText = (resetAt: number, zone: Zone): string =>
  `It resets at ${zone.localText(Math.ceil(resetAt / MINUTE_MS) * MINUTE_MS)}.`;

/** At least two decimals, and as many as it takes: `$10.00`, `$0.000125`. */
export const moneyText = (microUsd: number): string =>
  `$${(microUsd / 1_000_000).toFixed(6).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
