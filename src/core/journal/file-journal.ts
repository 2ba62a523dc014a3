import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Settlement, UsageReport, WastedAttempt } from '@crs/extension-api';
import { AppConfig } from '../config/app-config.js';
import { errorCode } from '../config/error-code.js';
import { Clock } from '../time/clock.js';
import { JournalFiles } from './journal-files.js';
import { JournalFolder, journalFolderOf, newInstanceName } from './journal-folder.js';
import type { JournalHealth } from './journal-health.js';
import { readJournal } from './journal-reader.js';
import { isEmpty, LiveNotes } from './live-notes.js';
import { encodeBatch, encodeConfirmed, encodeDispatched, encodeInput, encodeSettled } from './note.codec.js';
import { type JournalBatch, type KnownInput, RequestJournal } from './request-journal.js';

/** How often what was written is forced to the disk. */
export const SYNC_EVERY_MS = 1000;

/** The journal of this process in its data folder: `journal/{instance}/`. */
@Injectable()
export class FileJournal extends RequestJournal implements JournalHealth, OnModuleInit, OnApplicationShutdown {
  override readonly instance: string;
  private readonly logger = new Logger(FileJournal.name);
  private readonly folder: JournalFolder;
  private readonly live = new LiveNotes();
  private readonly files: JournalFiles;
  private timer: NodeJS.Timeout | undefined;
  private keeping: Promise<void> | null = null;

  constructor(
    { dataDir }: AppConfig,
    private readonly clock: Clock,
  ) {
    super();
    this.instance = newInstanceName(new Date(clock.now()));
    this.folder = journalFolderOf(dataDir, this.instance);
    this.files = new JournalFiles(this.folder, this.live, this.logger);
  }

  get isHealthy(): boolean {
    return this.files.isHealthy;
  }

  onModuleInit(): void {
    this.files.maintain(this.clock.now());
    this.timer = setInterval(() => void this.keep(), SYNC_EVERY_MS).unref();
  }

  /** After the modules that note and confirm: this one is global. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.keeping;
    await this.files.close(this.clock.now());
  }

  override dispatched(report: UsageReport, waste: readonly WastedAttempt[] = []): void {
    const line = encodeDispatched(report, waste);
    this.live.dispatched(report.requestId, line, this.append(line));
  }

  override inputKnown(requestId: string, input: KnownInput): void {
    const line = encodeInput(requestId, input);
    this.append(line);
    this.live.inputKnown(requestId, line);
  }

  override settled(settlement: Settlement): boolean {
    // A request that was never sent, and has nothing to book, is in no file.
    if (isEmpty(settlement) && !this.live.isOpen(settlement.requestId)) return true;
    const line = encodeSettled(settlement);
    const segment = this.append(line);
    this.live.settled(settlement, line, segment);
    return segment !== null;
  }

  override batched(batch: number, requestIds: readonly string[]): void {
    const line = encodeBatch(batch, requestIds);
    this.live.batched(batch, requestIds, line, this.append(line));
  }

  override confirmed(batch: number): void {
    this.append(encodeConfirmed(batch));
    this.live.confirmed(batch, this.clock.now());
  }

  override belongsTo(storeId: string): void {
    try {
      this.folder.belongsTo(storeId);
    } catch (error: unknown) {
      const { path } = this.folder;
      this.logger.warn({ msg: 'The journal cannot note its store', folder: path, error: errorCode(error) });
    }
  }

  override async readBatches(first: number): Promise<readonly JournalBatch[]> {
    try {
      const { batches } = await readJournal(this.folder, this.logger);
      return batches.filter(({ number }) => number >= first);
    } catch (error: unknown) {
      const { path } = this.folder;
      this.logger.error({ msg: 'The journal cannot be read', folder: path, error: errorCode(error) });
      return [];
    }
  }

  /** What is due each second; called by a timer. A disk that hangs is not asked again before it has answered. */
  keep(): Promise<void> {
    this.keeping ??= this.maintain().finally(() => {
      this.keeping = null;
    });
    return this.keeping;
  }

  private async maintain(): Promise<void> {
    this.files.maintain(this.clock.now());
    await this.files.sync(this.clock.now());
  }

  private append(line: string): number | null {
    return this.files.append(line, this.clock.now());
  }
}
