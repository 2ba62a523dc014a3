import { Injectable } from '@nestjs/common';
import { ApiKeyService } from '../api-key.service.js';
import { type KeyOccupancy, LimitRepository } from './limit.repository.js';
import { percentile } from './percentile.js';
import { type QueueFigures, QueueFiguresRepository } from './queue-figures.repository.js';

/** Who runs and waits on a key, and how long waits took. */
export interface KeyQueue extends KeyOccupancy {
  /** 0 = none. */
  readonly concurrencyLimit: number;
  readonly counters: QueueFigures['counters'];
  /** Milliseconds, of the waits that ended during the last day or so. */
  readonly waits: { readonly count: number; readonly p50Ms: number; readonly p90Ms: number };
}

/** Shows administrators what runs and waits on a key, and frees what is stuck. */
@Injectable()
export class QueueService {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly limits: LimitRepository,
    private readonly figures: QueueFiguresRepository,
  ) {}

  /** @throws NotFoundException */
  async get(keyId: string): Promise<KeyQueue> {
    const { id, concurrencyLimit } = await this.keys.get(keyId);
    const [occupancy, { counters, waits }] = await Promise.all([this.limits.occupancyOf(id), this.figures.read(id)]);
    return {
      ...occupancy,
      concurrencyLimit,
      counters,
      waits: { count: waits.length, p50Ms: percentile(waits, 0.5), p90Ms: percentile(waits, 0.9) },
    };
  }

  /** @throws NotFoundException */
  async clear(keyId: string): Promise<KeyQueue> {
    const { id } = await this.keys.get(keyId);
    await this.limits.clear(id);
    return this.get(id);
  }
}
