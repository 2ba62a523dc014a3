import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { AppConfig } from '../../core/config/app-config.js';
import { repliesOfRightType } from '../../core/store/batch-replies.js';
import { Zone } from '../../core/time/zone.js';

/** Averages over the last whole minutes. */
export interface MinuteRates {
  readonly windowMinutes: number;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/** Reads how much was booked in the last minutes. */
@Injectable()
export class MinuteRateRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    private readonly config: AppConfig,
  ) {}

  /** The minute that is running is left out: it would make every rate look smaller. */
  async read(atMs: number): Promise<MinuteRates> {
    const { metricsWindowMinutes: windowMinutes } = this.config;
    const current = this.zone.minuteBucket(atMs);
    const commands = Array.from({ length: windowMinutes }, (_, back): StoreCommand => {
      return ['hmget', keys.usage.minute(current - 1 - back), 'requests', 'totalTokens'];
    });
    const replies = (await repliesOfRightType(this.store.pipeline(commands))) as readonly (readonly unknown[] | null)[];
    const perMinute = (field: number): number =>
      roundedTo2(replies.reduce((sum, reply) => sum + numberIn(reply?.[field]), 0) / windowMinutes);
    return { windowMinutes, requestsPerMinute: perMinute(0), tokensPerMinute: perMinute(1) };
  }
}

const roundedTo2 = (value: number): number => Math.round(value * 100) / 100;

function numberIn(text: unknown): number {
  const value = Number(text ?? 0);
  return Number.isFinite(value) ? value : 0;
}
