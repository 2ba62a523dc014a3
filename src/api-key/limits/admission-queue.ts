import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { RelayError } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import type { QueueSettings } from '../../core/settings/relay-settings.js';
import { RelaySettingsRepository } from '../../core/settings/relay-settings.repository.js';
import { Clock } from '../../core/time/clock.js';
import type { AdmissionRequest } from './admission-request.js';
import { type AdmissionReply, LimitRepository, type Place } from './limit.repository.js';
import { percentile } from './percentile.js';
import { type QueueCounter, QueueFiguresRepository } from './queue-figures.repository.js';

const POLL_EVERY_MS = 100;
const RETRY_SOON_SECONDS = 5;
const RETRY_WHEN_OVERLOADED_SECONDS = 30;
/** Overload is judged by so many waits: few, so that it is soon seen to be over. */
const RECENT_WAITS = 50;
const FEWEST_WAITS = 10;
const HIGH_SHARE = 0.9;

type Decided<K extends AdmissionReply['kind']> = Extract<AdmissionReply, { kind: K }>;

/** One request that waits. */
interface Wait {
  readonly request: AdmissionRequest;
  readonly settings: QueueSettings;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly place: Place;
  /** Failures of the store since it last answered. */
  failures: number;
}

class TimedOutError extends RelayError {}

/** Lets the requests of a busy key wait for their turn, in order of arrival, where an administrator wants that. */
@Injectable()
export class AdmissionQueue {
  private readonly logger = new Logger(AdmissionQueue.name);

  constructor(
    private readonly limits: LimitRepository,
    private readonly figures: QueueFiguresRepository,
    private readonly settings: RelaySettingsRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * What became of the request in the end; `first` itself where nobody waits.
   *
   * @throws RelayError `too_many_requests`; the signal's reason; StoreUnavailableError when the store failed too often
   */
  async awaitTurn(request: AdmissionRequest, first: Decided<'busy'>): Promise<AdmissionReply> {
    const { queue } = await this.settings.current();
    if (!queue.enabled) return first;
    if (first.waiting > 0) await this.refuseOverloaded(request, queue);
    const { concurrencyLimit } = request.principal.limits;
    const maxWaiting = Math.max(queue.maxSize, Math.ceil(concurrencyLimit * queue.maxSizeMultiplier));
    const place = { waiter: '', maxWaiting };
    const wait: Wait = { request, settings: queue, startedAt: this.clock.now(), place, failures: 0 };
    try {
      return await this.poll(wait);
    } catch (error: unknown) {
      await this.leave(wait, error);
      throw error;
    }
  }

  private async poll(wait: Wait): Promise<AdmissionReply> {
    const { request, settings, startedAt } = wait;
    for (;;) {
      const reply = await this.ask(wait);
      if (reply !== null && reply.kind !== 'busy') return reply;
      const leftMs = startedAt + settings.timeoutMs - this.clock.now();
      if (leftMs <= 0) throw timedOut(settings.timeoutMs);
      await pause(Math.min(POLL_EVERY_MS, leftMs), request.signal);
    }
  }

  /** Null: the store did not answer, which it may do a few times. */
  private async ask(wait: Wait): Promise<AdmissionReply | null> {
    const { place, request, settings } = wait;
    const hadPlace = place.waiter !== '';
    try {
      const reply = await this.limits.admit(request, place);
      wait.failures = 0;
      if (reply.kind === 'busy') place.waiter = reply.waiter;
      if (reply.kind === 'busy' && !hadPlace) this.count(wait, 'entered');
      if (reply.kind === 'admitted' && hadPlace) this.count(wait, 'success', this.clock.now() - wait.startedAt);
      return reply;
    } catch (error: unknown) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      wait.failures += 1;
      if (wait.failures > settings.maxStoreFailures) throw error;
      return null;
    }
  }

  /** Whoever does not wait any more must not keep those behind it waiting. */
  private async leave(wait: Wait, error: unknown): Promise<void> {
    const { request, place } = wait;
    if (place.waiter === '') return;
    if (request.signal.aborted) this.count(wait, 'cancelled');
    else if (error instanceof TimedOutError) this.count(wait, 'timeout', this.clock.now() - wait.startedAt);
    await this.limits.leaveQueue(request.principal.keyId, place.waiter).catch((failure: unknown) => {
      this.logger.debug({ msg: 'A waiter could not leave the queue; it drops out by itself', err: failure });
    });
  }

  /** Only while others wait: an empty queue is no overload, and its waits are how the end of one is seen. */
  private async refuseOverloaded({ principal }: AdmissionRequest, settings: QueueSettings): Promise<void> {
    if (!settings.healthCheckEnabled) return;
    const waits = await this.recentWaits(principal.keyId);
    if (waits.length < FEWEST_WAITS) return;
    if (percentile(waits, HIGH_SHARE) < settings.healthThreshold * settings.timeoutMs) return;
    this.note(principal.keyId, 'rejected_overload', null);
    throw new RelayError(
      'too_many_requests',
      'Requests of this API key wait too long at present, so this one was not queued. Please try again in half a minute.',
      { retryAfterSeconds: RETRY_WHEN_OVERLOADED_SECONDS },
    );
  }

  private async recentWaits(keyId: string): Promise<readonly number[]> {
    try {
      return await this.figures.recentWaits(keyId, RECENT_WAITS);
    } catch (error: unknown) {
      this.logger.debug({ msg: 'Recent waits are not known', err: error });
      return [];
    }
  }

  private count({ request }: Wait, counter: QueueCounter, waitedMs: number | null = null): void {
    this.note(request.principal.keyId, counter, waitedMs);
  }

  /** Figures are worth no request: nobody waits for them, and a failure is only noted. */
  private note(keyId: string, counter: QueueCounter, waitedMs: number | null): void {
    this.figures.count(keyId, counter, waitedMs).catch((error: unknown) => {
      this.logger.debug({ msg: 'A counter of the queue was left out', counter, err: error });
    });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    signal.throwIfAborted();
  });
}

const timedOut = (timeoutMs: number): RelayError =>
  new TimedOutError(
    'too_many_requests',
    `This request has waited ${Math.round(timeoutMs / 1000)} s for its turn, and other requests of this API key are still running. Please try again in a few seconds.`,
    { retryAfterSeconds: RETRY_SOON_SECONDS },
  );
