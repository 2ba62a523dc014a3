import { Inject, Injectable } from '@nestjs/common';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { Clock } from '../core/time/clock.js';

export interface StoreHealth {
  readonly isUp: boolean;
  /** How long it took to answer; null when it did not. */
  readonly latencyMs: number | null;
  /** Epoch ms of the first question that it has not answered; null while it answers. */
  readonly downSince: number | null;
}

const PING_TIMEOUT_MS = 1000;

/** Asks whether the store answers, and never waits longer than a second. */
@Injectable()
export class StoreProbe {
  private downSince: number | null = null;
  private running: Promise<StoreHealth> | null = null;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  /** Those who ask at the same time share one ping, so that a store that hangs is not asked ever more. */
  check(): Promise<StoreHealth> {
    this.running ??= this.ping().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async ping(): Promise<StoreHealth> {
    const startedAt = this.clock.now();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<number | null>((resolve) => {
      timer = setTimeout(resolve, PING_TIMEOUT_MS, null);
    });
    const answer = this.store.ping().then(
      () => this.clock.now() - startedAt,
      () => null,
    );
    const latencyMs = await Promise.race([answer, silence]);
    clearTimeout(timer);
    this.downSince = latencyMs === null ? (this.downSince ?? startedAt) : null;
    return { isUp: latencyMs !== null, latencyMs, downSince: this.downSince };
  }
}
