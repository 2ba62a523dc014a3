import { Inject, Injectable } from '@nestjs/common';
import type { LeaseRef, Principal } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { repliesOf } from '../../core/store/batch-replies.js';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import type { AdmissionRequest } from './admission-request.js';
import { hasTerms, termsOf } from './admission-terms.js';
import type { Busy, QueueFull, RoomLeft, ScriptDecision, Spent, WindowFull } from './admission-decision.js';
import { type AdmissionKeys, admitRequest } from './admit-request.script.js';

/** Nothing is learned under a longer name. */
const LONGEST_MODEL = 200;

/** A request's place in the queue of its key. */
export interface Place {
  /** As the last reply named it; '' = it has none yet. */
  waiter: string;
  readonly maxWaiting: number;
}

/** What was taken for a request, each where its limits ask for it. */
export interface Taken {
  readonly kind: 'admitted';
  readonly slot: LeaseRef | null;
  readonly hold: LeaseRef | null;
  /** Null: the key has no limits, and the store was not asked. */
  readonly left: RoomLeft | null;
}

/** `at`: epoch ms at which it was decided. */
export type AdmissionReply = (Taken | Spent | WindowFull | Busy | QueueFull) & { readonly at: number };

/** How many requests of a key run and wait. */
export interface KeyOccupancy {
  readonly running: number;
  readonly waiting: number;
}

/** What the requests of a key hold in the store while they run, and who waits for it. */
@Injectable()
export class LimitRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  /** One round trip; none for a key without limits. Without a place a busy key is told, and the request does not wait. */
  async admit(
    request: AdmissionRequest,
    place: Readonly<Place> = { waiter: '', maxWaiting: 0 },
  ): Promise<AdmissionReply> {
    const { requestId, principal } = request;
    const at = this.clock.now();
    const terms = termsOf(request, at, place.maxWaiting);
    if (!hasTerms(terms)) return { kind: 'admitted', slot: null, hold: null, left: null, at };
    const model = request.model.length > LONGEST_MODEL ? '' : request.model;
    const args = [JSON.stringify(terms), requestId, model, place.waiter];
    const decision = await this.store.runScript(admitRequest, this.keysOf(principal, at), args);
    if (decision.kind !== 'admitted') return { ...decision, at };
    const { keyId } = principal;
    const slot = terms.concurrencyLimit > 0 ? { set: keys.limits.concurrency(keyId), member: requestId } : null;
    return { kind: 'admitted', slot, hold: holdOf(keyId, decision), left: decision.left, at };
  }

  async leaveQueue(keyId: string, waiter: string): Promise<void> {
    await this.store.zrem(keys.limits.queue(keyId), waiter);
  }

  async occupancyOf(keyId: string): Promise<KeyOccupancy> {
    const alive = [this.clock.now() + 1, Number.MAX_SAFE_INTEGER] as const;
    const { concurrency, queue } = keys.limits;
    const [running, waiting] = await repliesOf(
      this.store.pipeline([
        ['zrangebyscore', concurrency(keyId), ...alive],
        ['zrangebyscore', queue(keyId), ...alive],
      ]),
    );
    return { running: countOf(running), waiting: countOf(waiting) };
  }

  /** Whoever is alive comes back by itself: a wait with its next question, what runs holds with its next renewal. */
  async clear(keyId: string): Promise<void> {
    await this.store.del(keys.limits.concurrency(keyId), keys.limits.holds(keyId), keys.limits.queue(keyId));
  }

  private keysOf({ keyId, weeklyResetDay: day, weeklyResetHour: hour }: Principal, at: number): AdmissionKeys {
    const { limits, usage } = keys;
    return [
      limits.concurrency(keyId),
      limits.holds(keyId),
      limits.estimates(keyId),
      limits.windowStart(keyId),
      limits.windowRequests(keyId),
      limits.windowTokens(keyId),
      limits.windowCost(keyId),
      usage.costTotal(keyId),
      usage.opusWeekly(keyId, this.zone.weekPeriod(at, day, hour)),
      usage.costDaily(keyId, this.zone.day(at)),
      limits.queue(keyId),
      limits.queueNumber(keyId),
      usage.opusWeekly(keyId, this.zone.oldWeekPeriod(at, day, hour)),
    ];
  }
}

const holdOf = (keyId: string, { hold }: Extract<ScriptDecision, { kind: 'admitted' }>): LeaseRef | null =>
  hold === '' ? null : { set: keys.limits.holds(keyId), member: hold };

const countOf = (members: unknown): number => (members as readonly string[]).length;
