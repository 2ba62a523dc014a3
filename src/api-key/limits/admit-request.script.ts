import { defineScript, type ScriptReply, type StoreTransaction } from '@crs/store';
import {
  type BudgetName,
  type BusyReason,
  type DecisionReply,
  parseDecision,
  type ScriptDecision,
  type WindowName,
} from './admission-decision.js';

/** What is to be kept; a limit of 0 is none, amounts are whole micro-USD, times epoch ms. */
export interface AdmissionTerms {
  readonly now: number;
  /** When what is taken expires unless it is renewed. */
  readonly expiresAt: number;
  /** Time to live of the sets of what is taken. */
  readonly setTtlMs: number;
  readonly concurrencyLimit: number;
  /** 0 = no window, and none of its limits. */
  readonly windowMs: number;
  readonly requestLimit: number;
  readonly tokenLimit: number;
  readonly windowCostLimit: number;
  readonly totalLimit: number;
  /** 0 for a request that does not count against it. */
  readonly weeklyLimit: number;
  readonly dailyLimit: number;
  readonly isClaude: boolean;
  readonly firstMicroUsd: number;
  readonly firstTokens: number;
  /** How many may wait; 0 = this request does not. */
  readonly maxWaiting: number;
  /** How long a wait lives that is not asked for again. */
  readonly queueAliveMs: number;
  readonly queueTtlMs: number;
}

/** Whether a request holds an estimate while it runs. */
export const needsHold = (terms: AdmissionTerms): boolean =>
  terms.totalLimit + terms.weeklyLimit + terms.dailyLimit + terms.tokenLimit + terms.windowCostLimit > 0;

/** The script's keys, in its order; all of one API key. */
export type AdmissionKeys = readonly [
  slots: string,
  holds: string,
  estimates: string,
  windowStart: string,
  windowRequests: string,
  windowTokens: string,
  windowCost: string,
  costTotal: string,
  costOfWeek: string,
  costOfDay: string,
  queue: string,
  queueNumber: string,
  costOfOldWeek: string,
];

const named = (keys: readonly string[]) => {
  const [slots, holds, estimates, windowStart, windowRequests, windowTokens, windowCost, ...rest] =
    keys as AdmissionKeys;
  const [costTotal, costOfWeek, costOfDay, queue, queueNumber, costOfOldWeek] = rest;
  return {
    ...{ slots, holds, estimates, windowStart, windowRequests, windowTokens, windowCost },
    ...{ costTotal, costOfWeek, costOfDay, queue, queueNumber, costOfOldWeek },
  };
};

export type AdmissionArguments = readonly [terms: string, requestId: string, model: string, waiter: string];

const MOST = Number.MAX_SAFE_INTEGER;
const MICRO = 1_000_000;

/** See admit-request.lua: both do the same. */
export const admitRequest = defineScript<ScriptDecision>({
  name: 'admit-request',
  source: new URL('./admit-request.lua', import.meta.url),
  transaction: (tx, keys, args) => new Decision(tx, named(keys), args as AdmissionArguments).decide(),
  parse: (reply) => parseDecision(reply as DecisionReply),
});

const numberOf = (waiter: string): number => Number(waiter.slice(0, 15));

/** The Lua script's twin, step by step. */
class Decision {
  private readonly terms: AdmissionTerms;
  private readonly request: string;
  private readonly model: string;
  private waiter: string;
  private takenBefore = false;
  private usedUp: readonly (string | number)[] | null = null;
  private heldLimit: BudgetName | WindowName | null = null;

  constructor(
    private readonly tx: StoreTransaction,
    private readonly keys: ReturnType<typeof named>,
    [terms, request, model, waiter]: AdmissionArguments,
  ) {
    this.terms = JSON.parse(terms) as AdmissionTerms;
    this.request = request;
    this.model = model;
    this.waiter = waiter;
  }

  decide(): ScriptReply {
    const { terms, keys } = this;
    const held = needsHold(terms) ? this.sumHolds() : { cost: 0, claude: 0, tokens: 0 };
    const start = this.windowStart();
    const inWindow = (key: string): string | null => (start === null ? null : key);
    const total = this.room('spent', 'total', terms.totalLimit, this.used(keys.costTotal, MICRO), held.cost);
    const weekly = this.room('spent', 'weekly', terms.weeklyLimit, this.usedInWeek(), held.claude);
    const daily = this.room('spent', 'daily', terms.dailyLimit, this.used(keys.costOfDay, MICRO), held.cost);
    this.room('window', 'requests', terms.requestLimit, this.used(inWindow(keys.windowRequests), 1), 0);
    const tokensUsed = this.used(inWindow(keys.windowTokens), 1);
    const tokens = this.room('window', 'tokens', terms.tokenLimit, tokensUsed, held.tokens);
    const costUsed = this.used(inWindow(keys.windowCost), MICRO);
    const window = this.room('window', 'cost', terms.windowCostLimit, costUsed, held.cost);
    if (this.usedUp !== null) {
      this.leaveQueue();
      return this.usedUp[0] === 'window' ? [...this.usedUp, Number(start)] : this.usedUp;
    }
    return this.turnAway() ?? this.take(start, { cost: Math.min(total, daily, window), weekly, tokens });
  }

  private sumHolds(): { cost: number; claude: number; tokens: number } {
    const { holds } = this.keys;
    const held = { cost: 0, claude: 0, tokens: 0 };
    this.tx.zremrangebyscore(holds, 0, this.terms.now);
    for (const member of this.tx.zrange(holds, 0, -1)) {
      const [, owner, cost, tokens, claude] = /^([^:]*):(\d+):(\d+):([01])$/.exec(member) ?? [];
      if (owner === this.request) {
        this.tx.zrem(holds, member);
        this.takenBefore = true;
        continue;
      }
      if (owner === undefined) continue;
      held.cost += Number(cost);
      held.tokens += Number(tokens);
      if (claude === '1') held.claude += Number(cost);
    }
    return held;
  }

  private windowStart(): number | null {
    const { now, windowMs } = this.terms;
    if (windowMs === 0) return null;
    const text = this.tx.get(this.keys.windowStart) ?? '';
    return /^\d{1,15}$/.test(text) && now - Number(text) < windowMs ? Number(text) : null;
  }

  /** Asked for only where there is a limit: a look-up costs something. */
  private used(key: string | null, scale: number): () => number {
    return () => (key === null ? 0 : this.amount(key, scale));
  }

  private usedInWeek(): () => number {
    const { costOfWeek, costOfOldWeek } = this.keys;
    return () => this.amount(this.tx.exists(costOfWeek) === 1 ? costOfWeek : costOfOldWeek, MICRO);
  }

  private amount(key: string, scale: number): number {
    const text = this.tx.get(key) ?? '';
    return /^-?\d+\.?\d*$/.test(text) ? Math.min(Math.floor(Number(text) * scale + 0.5), MOST) : 0;
  }

  private room(
    kind: 'spent' | 'window',
    name: BudgetName | WindowName,
    limit: number,
    read: () => number,
    held: number,
  ): number {
    if (limit === 0) return MOST;
    const used = read();
    const left = limit - used - held;
    if (used >= limit) this.usedUp ??= [kind, name, used];
    else if (left <= 0) this.heldLimit ??= name;
    return left;
  }

  private leaveQueue(): void {
    if (this.waiter !== '') this.tx.zrem(this.keys.queue, this.waiter);
  }

  /** What a busy key answers; null when nothing stands in the way. */
  private turnAway(): ScriptReply {
    const { tx, terms } = this;
    const { queue, queueNumber } = this.keys;
    const isFull = this.isFull();
    tx.zremrangebyscore(queue, 0, terms.now);
    const waiting = tx.zcard(queue);
    const reason = this.reasonToWait(isFull, waiting);
    if (reason === null) return null;
    if (terms.maxWaiting > 0) {
      if (this.waiter === '') {
        if (waiting >= terms.maxWaiting) return ['queue_full', waiting];
        this.waiter = `${String(tx.incrby(queueNumber, 1)).padStart(15, '0')}:${this.request}`;
        tx.pexpire(queueNumber, terms.queueTtlMs);
      }
      tx.zadd(queue, terms.now + terms.queueAliveMs, this.waiter);
      tx.pexpire(queue, terms.queueTtlMs);
    }
    return ['busy', reason, this.waiter, waiting];
  }

  private reasonToWait(isFull: boolean, waiting: number): BusyReason | null {
    if (isFull) return 'concurrency';
    return this.heldLimit ?? (this.comesLater(waiting) ? 'waiting' : null);
  }

  private isFull(): boolean {
    const { tx, terms } = this;
    const { slots } = this.keys;
    if (terms.concurrencyLimit === 0) return false;
    tx.zremrangebyscore(slots, 0, terms.now);
    const hasSlot = tx.zscore(slots, this.request) !== null;
    this.takenBefore ||= hasSlot;
    return tx.zcard(slots) >= terms.concurrencyLimit && !hasSlot;
  }

  private comesLater(waiting: number): boolean {
    if (waiting === 0 || this.waiter === '') return waiting > 0;
    return this.tx.zrange(this.keys.queue, 0, -1).some((other) => numberOf(other) < numberOf(this.waiter));
  }

  private take(start: number | null, room: Room): ScriptReply {
    const { tx, terms } = this;
    const { slots, holds, estimates } = this.keys;
    const learned = needsHold(terms) ? tx.hmget(estimates, `c:${this.model}`, `t:${this.model}`) : [];
    this.leaveQueue();
    const requests = this.countInWindow(start);
    if (terms.concurrencyLimit > 0) {
      tx.zadd(slots, terms.expiresAt, this.request);
      tx.pexpire(slots, terms.setTtlMs);
    }
    const requestsLeft = terms.requestLimit > 0 ? terms.requestLimit - requests : -1;
    if (!needsHold(terms)) return ['admitted', '', -1, -1, -1, requestsLeft];
    const [costText, tokenText] = learned;
    const cost = Math.min(estimateOf(costText, terms.firstMicroUsd), room.cost, room.weekly);
    const tokens = Math.min(estimateOf(tokenText, terms.firstTokens), room.tokens);
    const hold = `${this.request}:${cost}:${tokens}:${terms.isClaude ? '1' : '0'}`;
    tx.zadd(holds, terms.expiresAt, hold);
    tx.pexpire(holds, terms.setTtlMs);
    const left = (limit: number, before: number, taken: number): number => (limit > 0 ? before - taken : -1);
    return [
      'admitted',
      hold,
      left(terms.totalLimit + terms.dailyLimit + terms.windowCostLimit, room.cost, cost),
      left(terms.weeklyLimit, room.weekly, cost),
      left(terms.tokenLimit, room.tokens, tokens),
      requestsLeft,
    ];
  }

  /** How many the window has now. */
  private countInWindow(start: number | null): number {
    const { tx, terms } = this;
    const { windowStart, windowRequests, windowTokens, windowCost } = this.keys;
    if (start !== null) {
      const requests = this.amount(windowRequests, 1) + (this.takenBefore ? 0 : 1);
      tx.set(windowRequests, String(requests), 'PX', start + terms.windowMs - terms.now);
      return requests;
    }
    if (terms.windowMs > 0) {
      tx.set(windowStart, String(terms.now), 'PX', terms.windowMs);
      tx.set(windowRequests, '1', 'PX', terms.windowMs);
      tx.set(windowTokens, '0', 'PX', terms.windowMs);
      tx.set(windowCost, '0', 'PX', terms.windowMs);
    }
    return 1;
  }
}

/** What the limits leave before this request takes its part. */
interface Room {
  /** Of all cost limits but the weekly one. */
  readonly cost: number;
  readonly weekly: number;
  readonly tokens: number;
}

const estimateOf = (text: string | null | undefined, first: number): number =>
  /^\d{1,15}$/.test(text ?? '') ? Number(text) : first;
