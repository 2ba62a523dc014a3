import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { AppConfig } from '../core/config/app-config.js';
import { Zone } from '../core/time/zone.js';
import { bookUsage, type BookingResult } from './book-usage.script.js';
import type { PricedUsage } from './usage-record.js';
import { usageWritesOf } from './usage-writes.js';

/** How long a repeated booking of one request is recognised: longer than anyone goes on trying. */
const MARKER_MS = 10 * 60_000;

/** Writes what requests used. */
@Injectable()
export class UsageRepository {
  /** v1 keeps minutes for twice the window that its metrics show. */
  private readonly minuteTtlSeconds: number;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly zone: Zone,
    config: AppConfig,
  ) {
    this.minuteTtlSeconds = config.metricsWindowMinutes * 2 * 60;
  }

  /**
   * Books one request in one atomic step, once: a repeated call for the same request id is answered `duplicate` and
   * changes nothing.
   */
  book(usage: PricedUsage): Promise<BookingResult> {
    const writes = usageWritesOf(usage, this.zone, this.minuteTtlSeconds);
    return this.store.runScript(
      bookUsage,
      [keys.usage.booked(usage.report.requestId)],
      [MARKER_MS, JSON.stringify(writes)],
    );
  }
}
