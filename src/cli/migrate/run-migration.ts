import type { AppConfig } from '../../core/config/app-config.js';
import type { Clock } from '../../core/time/clock.js';
import { UsageError } from '../usage-error.js';
import { checkKeys } from './key-check.js';
import { isData } from './key-classes.js';
import { Migration, type MigrationPlan } from './migration.js';
import { MigrationBook } from './migration-book.js';
import { MigrationError } from './migration-error.js';
import { isOneDatabase, whyForeign, whyNotRemoved } from './migration-guard.js';
import type { MigrationOptions, Places } from './migration-options.js';
import type { MigrationReport } from './migration-report.js';
import { MigrationTally } from './migration-tally.js';
import { openSide } from './open-side.js';
import type { Side } from './side.js';

export interface MigrationRun {
  readonly options: MigrationOptions;
  readonly places: Places;
  readonly config: AppConfig;
  readonly clock: Clock;
  /** Ends the run between keys. */
  readonly signal: AbortSignal;
  /** Told where data is read and written before anything happens. */
  readonly onStart: (from: string, to: string) => void;
  /** Told how many keys were looked at, of about how many. */
  readonly onProgress: (keys: number, total: number | null) => void;
}

/**
 * Carries the data of one database to the other, or only says what that would do.
 *
 * @throws UsageError, MigrationError, StoreConnectionError, StoreFileError
 */
export async function runMigration(run: MigrationRun): Promise<MigrationReport> {
  const { dryRun } = run.options;
  const source = await openSide('source', run.places.from, { isRead: true });
  try {
    const target = await openSide('target', run.places.to, { isRead: dryRun });
    try {
      return await between(source, target, run);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function between(source: Side, target: Side, run: MigrationRun): Promise<MigrationReport> {
  const { options, clock, signal } = run;
  const { dryRun, back, overwrite } = options;
  if (source.address === target.address) throw sameDatabase(source.address);
  run.onStart(source.address, target.address);
  if (!dryRun && (await isOneDatabase(source, target))) throw sameDatabase(`${source.address} and ${target.address}`);
  const notes = await checkKeys(source, run.config);
  const [own, v1] = back ? [source, target] : [target, source];
  const book = new MigrationBook(own, v1.address);
  const isBegun = await book.isBegun();
  const isTargetEmpty = !(await hasData(target));
  const plan = { source, target, own, book, isTargetEmpty, back, dryRun, overwrite };
  const refusal = await whyRefused(plan, run, isBegun);
  if (refusal !== null && !dryRun) throw new MigrationError('refused', refusal);
  if (!isBegun && !dryRun) await book.begin(new Date(clock.now()), { isNewStore: !back });

  const tally = new MigrationTally();
  const total = await source.size();
  let keys = 0;
  const migration = new Migration(plan, tally, clock, (more) => {
    keys += more;
    run.onProgress(keys, total);
  });
  const isComplete = await migration.run(signal);
  return {
    direction: back ? 'v2-to-v1' : 'v1-to-v2',
    dryRun,
    from: source.address,
    to: target.address,
    isComplete,
    refusal,
    ...tally.result(),
    notes,
  };
}

async function hasData(side: Side): Promise<boolean> {
  for await (const names of side.scan()) if (names.some(isData)) return true;
  return false;
}

async function whyRefused(
  plan: MigrationPlan,
  { options, clock }: MigrationRun,
  isBegun: boolean,
): Promise<string | null> {
  const { target, book, isTargetEmpty, back, overwrite } = plan;
  if (isBegun) return options.remove ? null : whyNotRemoved(plan, clock.now());
  return isTargetEmpty || overwrite ? null : whyForeign(target, book, back);
}

const sameDatabase = (addresses: string): UsageError =>
  new UsageError(`Source and target are the same database, ${addresses}: say --from and --to.`);
