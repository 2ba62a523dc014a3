import type { AdmissionRequest } from '../../src/api-key/limits/admission-request.js';
import type { BudgetName, RoomLeft, WindowName } from '../../src/api-key/limits/admission-decision.js';
import type { AdmissionReply, Place } from '../../src/api-key/limits/limit.repository.js';

const MINUTE = 60_000;
const LEASE = 90_000;
const WAIT = 3000;

interface Check {
  readonly kind: 'spent' | 'window';
  readonly limit: BudgetName | WindowName;
  readonly cap: number;
  readonly used: number;
  readonly held: number;
}

interface ModelHold {
  readonly id: string;
  readonly micro: number;
  readonly tokens: number;
  readonly claude: boolean;
  readonly until: number;
}

interface Waiter {
  readonly name: string;
  readonly number: number;
  until: number;
}

export interface ModelWindow {
  readonly start: number;
  readonly length: number;
  requests: number;
  tokens: number;
  micro: number;
}

/** The rules of admission of one key in plain words: lists, sums and no store. Names of periods come from outside. */
export class LimitModel {
  readonly spent = new Map<string, number>();
  readonly learned = new Map<string, { micro: number; tokens: number }>();
  window: ModelWindow | null = null;
  private slots = new Map<string, number>();
  private holds: ModelHold[] = [];
  private waiters: Waiter[] = [];
  private lastNumber = 0;

  constructor(private readonly periods: (now: number) => { readonly day: string; readonly week: string }) {}

  admit(request: AdmissionRequest, place: Place, now: number): AdmissionReply {
    this.forget(now);
    const { limits, keyId } = request.principal;
    // What an earlier call for this request has taken is not somebody else's.
    const hadSlot = limits.concurrencyLimit > 0 && this.slots.has(request.requestId);
    const isHeld = this.checks(request, now).some(({ limit }) => limit !== 'requests');
    const hadHold = isHeld && this.holds.some(({ id }) => id === request.requestId);
    if (hadHold) this.holds = this.holds.filter(({ id }) => id !== request.requestId);
    const checks = this.checks(request, now);
    if (checks.length === 0 && limits.concurrencyLimit === 0) {
      return { kind: 'admitted', slot: null, hold: null, left: null, at: now };
    }
    const spent = checks.find(({ cap, used }) => used >= cap);
    if (spent !== undefined) {
      this.leave(place.waiter);
      return refusal(spent, this.window, now);
    }
    const busy = this.busy(request, place, checks, now);
    if (busy !== null) return busy;
    this.leave(place.waiter);
    this.countInWindow(request, now, hadSlot || hadHold ? 0 : 1);
    const slot = { set: `concurrency:${keyId}`, member: request.requestId };
    if (limits.concurrencyLimit > 0) this.slots.set(request.requestId, now + LEASE);
    const hold = this.hold(request, checks, now);
    return {
      kind: 'admitted',
      slot: limits.concurrencyLimit > 0 ? slot : null,
      hold: hold === null ? null : { set: `v2:holds:${keyId}`, member: hold },
      left: this.left(request, now),
      at: now,
    };
  }

  release(id: string): void {
    this.slots.delete(id);
    this.holds = this.holds.filter((hold) => hold.id !== id);
  }

  leave(waiter: string): void {
    this.waiters = this.waiters.filter(({ name }) => name !== waiter);
  }

  private forget(now: number): void {
    this.slots = new Map([...this.slots].filter(([, until]) => until > now));
    this.holds = this.holds.filter(({ until }) => until > now);
    this.waiters = this.waiters.filter(({ until }) => until > now);
  }

  private running(request: AdmissionRequest, now: number): ModelWindow | null {
    const length = request.principal.limits.rateLimitWindow * MINUTE;
    return this.window !== null && now - this.window.start < length ? this.window : null;
  }

  private checks(request: AdmissionRequest, now: number): Check[] {
    const { limits } = request.principal;
    const { day, week } = this.periods(now);
    const all = this.holds.reduce((sum, { micro }) => sum + micro, 0);
    const claude = this.holds.reduce((sum, hold) => sum + (hold.claude ? hold.micro : 0), 0);
    const tokens = this.holds.reduce((sum, hold) => sum + hold.tokens, 0);
    const used = (name: string): number => this.spent.get(name) ?? 0;
    const window = this.running(request, now);
    const weekly = request.isClaudeModel ? limits.weeklyOpusCostLimit : 0;
    const hasWindow = limits.rateLimitWindow > 0;
    const checks: Check[] = [
      { kind: 'spent', limit: 'total', cap: micro(limits.totalCostLimit), used: used('total'), held: all },
      { kind: 'spent', limit: 'weekly', cap: micro(weekly), used: used(week), held: claude },
      { kind: 'spent', limit: 'daily', cap: micro(limits.dailyCostLimit), used: used(day), held: all },
      {
        kind: 'window',
        limit: 'requests',
        cap: hasWindow ? limits.rateLimitRequests : 0,
        used: window?.requests ?? 0,
        held: 0,
      },
      {
        kind: 'window',
        limit: 'tokens',
        cap: hasWindow ? limits.tokenLimit : 0,
        used: window?.tokens ?? 0,
        held: tokens,
      },
      {
        kind: 'window',
        limit: 'cost',
        cap: hasWindow ? micro(limits.rateLimitCost) : 0,
        used: window?.micro ?? 0,
        held: all,
      },
    ];
    return checks.filter(({ cap }) => cap > 0);
  }

  private busy(request: AdmissionRequest, place: Place, checks: readonly Check[], now: number): AdmissionReply | null {
    const { concurrencyLimit } = request.principal.limits;
    const waiting = this.waiters.length;
    const own = this.waiters.find(({ name }) => name === place.waiter)?.number ?? Number(place.waiter.slice(0, 15));
    const isBehind = this.waiters.some(({ number }) => place.waiter === '' || number < own);
    const isFull = concurrencyLimit > 0 && this.slots.size >= concurrencyLimit && !this.slots.has(request.requestId);
    const heldLimit = checks.find(({ cap, used, held }) => cap - used - held <= 0)?.limit;
    if (!isFull && heldLimit === undefined && !isBehind) return null;
    if (place.maxWaiting > 0 && place.waiter === '' && waiting >= place.maxWaiting) {
      return { kind: 'queue_full', waiting, at: now };
    }
    const waiter = place.maxWaiting > 0 ? this.wait(request.requestId, place.waiter, now) : '';
    const reason = isFull ? 'concurrency' : (heldLimit ?? 'waiting');
    return { kind: 'busy', reason, waiter, waiting, at: now };
  }

  private wait(id: string, waiter: string, now: number): string {
    const number = waiter === '' ? (this.lastNumber += 1) : Number(waiter.slice(0, 15));
    const name = waiter === '' ? `${String(number).padStart(15, '0')}:${id}` : waiter;
    this.leave(name);
    this.waiters.push({ name, number, until: now + WAIT });
    return name;
  }

  private countInWindow(request: AdmissionRequest, now: number, by: number): void {
    const { limits } = request.principal;
    const hasLimit = limits.rateLimitRequests > 0 || limits.tokenLimit > 0 || limits.rateLimitCost > 0;
    if (limits.rateLimitWindow === 0 || !hasLimit) return;
    const length = limits.rateLimitWindow * MINUTE;
    const running = this.running(request, now);
    this.window = running ?? { start: now, length, requests: 1, tokens: 0, micro: 0 };
    if (running !== null) running.requests += by;
  }

  /** Asked when the request has been counted in: what is left of each limit now. */
  private left(request: AdmissionRequest, now: number): RoomLeft {
    const of = (...limits: Check['limit'][]): number | null => {
      const rooms = this.checks(request, now).filter(({ limit }) => limits.includes(limit));
      return rooms.length === 0 ? null : Math.min(...rooms.map(({ cap, used, held }) => cap - used - held));
    };
    return {
      microUsd: of('total', 'daily', 'cost'),
      weeklyMicroUsd: of('weekly'),
      tokens: of('tokens'),
      requests: of('requests'),
    };
  }

  private hold(request: AdmissionRequest, checks: readonly Check[], now: number): string | null {
    const costs = checks.filter(({ limit }) => limit !== 'requests' && limit !== 'tokens');
    const tokens = checks.filter(({ limit }) => limit === 'tokens');
    if (costs.length + tokens.length === 0) return null;
    const room = (of: readonly Check[]): number =>
      Math.min(Infinity, ...of.map(({ cap, used, held }) => cap - used - held));
    const usual = this.learned.get(request.model);
    const held: ModelHold = {
      id: request.requestId,
      micro: Math.min(usual?.micro ?? request.firstEstimate.microUsd, room(costs)),
      tokens: Math.min(usual?.tokens ?? request.firstEstimate.tokens, room(tokens)),
      claude: request.isClaudeModel,
      until: now + LEASE,
    };
    const name = memberOf(held);
    this.holds = [...this.holds.filter((other) => memberOf(other) !== name), held];
    return name;
  }
}

const memberOf = ({ id, micro: cost, tokens, claude }: ModelHold): string =>
  `${id}:${cost}:${tokens}:${claude ? 1 : 0}`;

const micro = (usd: number): number => Math.round(usd * 1_000_000);

const refusal = ({ kind, limit, used }: Check, window: ModelWindow | null, now: number): AdmissionReply =>
  kind === 'spent'
    ? { kind, limit: limit as BudgetName, usedMicroUsd: used, at: now }
    : { kind, limit: limit as WindowName, used, startedAt: window?.start ?? 0, at: now };
