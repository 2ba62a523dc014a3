import type { ScriptReply } from '@crs/store';

export type BudgetName = 'total' | 'weekly' | 'daily';
export type WindowName = 'requests' | 'tokens' | 'cost';
/** A limit's name: what is left of it is held by running requests. `waiting`: others came before. */
export type BusyReason = 'concurrency' | BudgetName | WindowName | 'waiting';

export interface Spent {
  readonly kind: 'spent';
  readonly limit: BudgetName;
  readonly usedMicroUsd: number;
}

export interface WindowFull {
  readonly kind: 'window';
  readonly limit: WindowName;
  /** Requests, tokens or micro-USD. */
  readonly used: number;
  /** Epoch ms. */
  readonly startedAt: number;
}

export interface Busy {
  readonly kind: 'busy';
  readonly reason: BusyReason;
  /** The request's place in the queue; '' = it does not wait. */
  readonly waiter: string;
  /** How many waited before this call. */
  readonly waiting: number;
}

export interface QueueFull {
  readonly kind: 'queue_full';
  readonly waiting: number;
}

/** What an admitted request leaves to the next ones; null = there is no such limit, or the request does not count in it. */
export interface RoomLeft {
  /** Of all cost limits but the weekly one. */
  readonly microUsd: number | null;
  readonly weeklyMicroUsd: number | null;
  /** Of the window. */
  readonly tokens: number | null;
  /** Of the window. */
  readonly requests: number | null;
}

export type ScriptDecision =
  { readonly kind: 'admitted'; readonly hold: string; readonly left: RoomLeft } | Spent | WindowFull | Busy | QueueFull;

/** See admit-request.lua. */
export type DecisionReply = readonly [kind: ScriptDecision['kind'], ...ScriptReply[]];

/** Reads the script's reply. */
export function parseDecision([kind, ...rest]: DecisionReply): ScriptDecision {
  switch (kind) {
    case 'admitted':
      return { kind, hold: String(rest[0]), left: parseLeft(rest.slice(1)) };
    case 'spent':
      return { kind, limit: rest[0] as BudgetName, usedMicroUsd: Number(rest[1]) };
    case 'window':
      return { kind, limit: rest[0] as WindowName, used: Number(rest[1]), startedAt: Number(rest[2]) };
    case 'busy': {
      const [reason, waiter, waiting] = rest as [BusyReason, string, number];
      return { kind, reason, waiter, waiting };
    }
    case 'queue_full':
      return { kind, waiting: Number(rest[0]) };
  }
}

function parseLeft(figures: readonly ScriptReply[]): RoomLeft {
  const [microUsd, weeklyMicroUsd, tokens, requests] = figures as readonly [number, number, number, number];
  return {
    microUsd: noneBelowZero(microUsd),
    weeklyMicroUsd: noneBelowZero(weeklyMicroUsd),
    tokens: noneBelowZero(tokens),
    requests: noneBelowZero(requests),
  };
}

const noneBelowZero = (figure: number): number | null => (figure < 0 ? null : figure);
