import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Zone } from '../../core/time/zone.js';
import { findInForce, type FoundOverride, type PriceHistories, PriceOverrides } from '../pricing/price-override.js';
import { PriceFile } from './price-file.js';
import { PriceOverrideRepository } from './price-override.repository.js';

/** A change by another instance, or of the file, is felt after at most this time. */
const REFRESH_MS = 30_000;

/** The administrator's prices in memory: those of the API before those of the file. */
@Injectable()
export class LivePrices extends PriceOverrides implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LivePrices.name);
  private stored: PriceHistories = new Map();
  private ofFile: PriceHistories = new Map();
  private storedText = '';
  private changes = 0;
  /** Counts readings of the store, so that a slow one does not bring older prices back. */
  private readings = 0;
  private lastTaken = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: PriceOverrideRepository,
    private readonly file: PriceFile,
    private readonly zone: Zone,
  ) {
    super();
  }

  override get version(): number {
    return this.changes;
  }

  /** @throws ConfigError when the price file cannot be used */
  async onModuleInit(): Promise<void> {
    this.ofFile = await this.file.readAtStart();
    this.changes += 1;
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  override find(model: string, at: Date): FoundOverride | null {
    const day = this.zone.day(at.getTime());
    const own = findInForce(this.stored.get(model) ?? [], day);
    if (own !== null) return { source: 'override', prices: own };
    const ofFile = findInForce(this.ofFile.get(model) ?? [], day);
    return ofFile === null ? null : { source: 'file', prices: ofFile };
  }

  /** The prices of the file, by model. */
  get filePrices(): PriceHistories {
    return this.ofFile;
  }

  /** Reads both sources now; called by a timer and after a change. Never rejects: the last known prices stay. */
  async refresh(): Promise<void> {
    await Promise.all([this.refreshStored(), this.refreshFile()]);
  }

  private async refreshStored(): Promise<void> {
    const reading = (this.readings += 1);
    try {
      const stored = await this.repository.readAll();
      if (reading < this.lastTaken) return;
      this.lastTaken = reading;
      const text = JSON.stringify([...stored].sort());
      if (text === this.storedText) return;
      this.stored = stored;
      this.storedText = text;
      this.changes += 1;
    } catch (error: unknown) {
      this.logger.warn({ msg: 'The stored prices cannot be read; the last known ones stay in force', err: error });
    }
  }

  private async refreshFile(): Promise<void> {
    const changed = await this.file.readIfChanged();
    if (changed === null) return;
    this.ofFile = changed;
    this.changes += 1;
  }
}
