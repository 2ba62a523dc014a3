import { Injectable } from '@nestjs/common';
import { OutageLimits, type UsageRecord } from '@crs/extension-api';
import { MOST_REMEMBERED } from '../../core/store/last-known.js';
import { RecentMap } from '../../core/store/recent-map.js';
import { type Hold, parseHold } from '../../core/lease/hold-member.js';
import type { RoomLeft } from './admission-decision.js';
import type { AdmissionRequest } from './admission-request.js';
import type { AdmissionTerms } from './admit-request.script.js';
import type { Taken } from './limit.repository.js';

/** One part in so many of what is left: each process may use it by itself. */
const PARTS = 20;

/** What this process has let through without the store since the store told a figure last. */
interface Used {
  microUsd: number;
  weeklyMicroUsd: number;
  tokens: number;
  requests: number;
}

/** What is known of one key. */
interface Figures {
  /** As the store told it last, less what requests that it let in have turned out to use since. */
  readonly left: RoomLeft;
  /** What a request of the key was expected to use, last. */
  readonly usual: Pick<Hold, 'microUsd' | 'tokens'>;
  readonly used: Used;
  /** Requests that were let through without the store and are not priced yet, by id. */
  readonly running: Map<string, Hold>;
}

/** What the requests of each key may use while the store is away: a small part of what was left when it was last there. */
@Injectable()
export class OutageAllowance extends OutageLimits {
  private readonly figures = new RecentMap<Figures>(MOST_REMEMBERED);

  /** The store has let a request in. Only this renews what the key may use without it. */
  note({ principal }: AdmissionRequest, { left, hold }: Taken): void {
    if (left === null) return;
    // A request that does not count in the week says nothing of it: what was known of the week stays.
    const before = left.weeklyMicroUsd === null ? this.figures.get(principal.keyId) : undefined;
    this.figures.set(principal.keyId, {
      left: { ...left, weeklyMicroUsd: before?.left.weeklyMicroUsd ?? left.weeklyMicroUsd },
      usual: parseHold(hold?.member ?? ''),
      used: { microUsd: 0, weeklyMicroUsd: before?.used.weeklyMicroUsd ?? 0, tokens: 0, requests: 0 },
      running: new Map(),
    });
  }

  /** The store has refused the key: nothing is left of one of its limits. */
  forget(keyId: string): void {
    this.figures.delete(keyId);
  }

  /** What a request is let through with; null = its key may use no more without the store, or nothing is known of it. */
  take(request: AdmissionRequest, terms: AdmissionTerms): Hold | null {
    const { requestId, principal, isClaudeModel, firstEstimate } = request;
    const figures = this.figures.get(principal.keyId);
    const microUsd = Math.max(firstEstimate.microUsd, figures?.usual.microUsd ?? 0);
    const tokens = Math.max(firstEstimate.tokens, figures?.usual.tokens ?? 0);
    const hold: Hold = { requestId, microUsd, tokens, isClaude: isClaudeModel };
    if (figures === undefined) return isCounted(terms) ? null : hold;
    if (!fits(figures, terms, hold)) return null;
    add(figures.used, hold, 1);
    figures.used.requests += 1;
    figures.running.set(requestId, hold);
    return hold;
  }

  override charge({ report, rated }: UsageRecord): void {
    const figures = this.figures.get(report.keyId);
    if (figures === undefined) return;
    const { inputTokens, outputTokens, cacheCreateTokens, cacheReadTokens } = report.usage;
    const tokens = inputTokens + outputTokens + cacheCreateTokens + cacheReadTokens;
    const microUsd = Math.ceil(rated.total * 1_000_000);
    const estimate = figures.running.get(report.requestId);
    if (estimate === undefined) {
      this.figures.set(report.keyId, { ...figures, left: lessen(figures.left, microUsd, tokens) });
      return;
    }
    figures.running.delete(report.requestId);
    add(figures.used, estimate, -1);
    add(figures.used, { ...estimate, microUsd, tokens }, 1);
  }
}

const isCounted = (terms: AdmissionTerms): boolean => hasCostLimit(terms) || terms.weeklyLimit + terms.windowMs > 0;

const hasCostLimit = ({ totalLimit, dailyLimit, windowCostLimit }: AdmissionTerms): boolean =>
  totalLimit + dailyLimit + windowCostLimit > 0;

function fits({ left, used }: Figures, terms: AdmissionTerms, { microUsd, tokens }: Hold): boolean {
  const has = (limit: boolean, room: number | null, taken: number): boolean =>
    !limit || taken <= Math.floor((room ?? 0) / PARTS);
  return (
    has(hasCostLimit(terms), left.microUsd, used.microUsd + microUsd) &&
    has(terms.weeklyLimit > 0, left.weeklyMicroUsd, used.weeklyMicroUsd + microUsd) &&
    has(terms.tokenLimit > 0, left.tokens, used.tokens + tokens) &&
    has(terms.requestLimit > 0, left.requests, used.requests + 1)
  );
}

function add(used: Used, { microUsd, tokens, isClaude }: Hold, sign: 1 | -1): void {
  used.microUsd += sign * microUsd;
  used.tokens += sign * tokens;
  if (isClaude) used.weeklyMicroUsd += sign * microUsd;
}

/** Which limits the request counted in is not known here, so it counts in all of them: the part is rather too small. */
function lessen({ requests, ...left }: RoomLeft, microUsd: number, tokens: number): RoomLeft {
  const less = (room: number | null, by: number): number | null => (room === null ? null : Math.max(0, room - by));
  return {
    microUsd: less(left.microUsd, microUsd),
    weeklyMicroUsd: less(left.weeklyMicroUsd, microUsd),
    tokens: less(left.tokens, tokens),
    requests,
  };
}
