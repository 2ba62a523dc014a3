import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { describeError } from '../../core/http/error-log.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { Clock } from '../../core/time/clock.js';
import { pause } from '../bounded-wait.js';
import { indexEntriesOf } from './index-entry.js';
import { V1IndexRepository } from './v1-index.repository.js';

/** After each page of names: others come first. */
const PAUSE_MS = 10;
/** Who died while it built stops the others for so long. */
const HOLD_MS = 60_000;
const RENEW_MS = 20_000;
const AGAIN_MS = 30_000;
const TELL_EVERY = 100_000;

/**
 * Builds the index sets that a database of an old v1 lacks, in the background, by one process at a time. It only adds, so
 * a build that was broken off begins anew; its place is not kept, because Redis orders its keys anew when it restarts, and
 * keys would be passed over.
 */
@Injectable()
export class V1IndexBuild implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(V1IndexBuild.name);
  private readonly ending = new AbortController();
  private readonly who = randomUUID();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: V1IndexRepository,
    private readonly platforms: PlatformRegistry,
    private readonly clock: Clock,
  ) {}

  /** Nobody waits for it. */
  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Resolves when the sets are complete, or the process ends. */
  finished(): Promise<void> {
    return this.running;
  }

  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted && !(await this.tryToBuild())) await pause(AGAIN_MS, this.ending.signal);
  }

  /** False: it has to be tried again. */
  private async tryToBuild(): Promise<boolean> {
    try {
      if (await this.repository.isBuilt()) return true;
      if (!(await this.repository.hold(this.who, HOLD_MS))) return false;
      const isBuilt = await this.build();
      await this.repository.hold(this.who, 0);
      return isBuilt;
    } catch (error: unknown) {
      if (!this.ending.signal.aborted) {
        this.logger.warn({
          msg: 'The index sets of the database could not be completed; statistics may lack days. It is tried again',
          error: describeError(error),
        });
      }
      return false;
    }
  }

  /** False: broken off, by the end of the process or because another one builds. */
  private async build(): Promise<boolean> {
    const prefixes = this.platforms.list().map(({ platform }) => platform.account.recordPrefix);
    const startedAt = this.clock.now();
    let renewedAt = startedAt;
    let [cursor, read, added] = ['0', 0, 0];
    do {
      const { names, next } = await this.repository.readNames(cursor);
      added += await this.repository.add(names.flatMap((name) => indexEntriesOf(name, prefixes)));
      this.tell(read, names.length, added);
      read += names.length;
      cursor = next;
      if (this.clock.now() - renewedAt >= RENEW_MS) {
        if (!(await this.repository.hold(this.who, HOLD_MS))) return false;
        renewedAt = this.clock.now();
      }
      if (cursor !== '0') await pause(PAUSE_MS, this.ending.signal);
      if (this.ending.signal.aborted) return false;
    } while (cursor !== '0');
    await this.repository.setBuilt();
    const ms = this.clock.now() - startedAt;
    if (added > 0) this.logger.log({ msg: 'Completed the index sets of the database', keys: read, added, ms });
    return true;
  }

  private tell(before: number, more: number, added: number): void {
    const read = before + more;
    if (Math.floor(read / TELL_EVERY) === Math.floor(before / TELL_EVERY)) return;
    this.logger.log({ msg: 'Completing the index sets of the database', keys: read, added });
  }
}
