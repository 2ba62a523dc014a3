import { randomUUID } from 'node:crypto';
import { keys } from '@crs/store';
import { decideKey, type KeyState } from './decide-key.js';
import { leftOutOf } from './key-classes.js';
import type { MigrationPlan } from './migration.js';
import type { MigrationBook } from './migration-book.js';
import type { Side } from './side.js';
import { apiKeyIdOf } from './value-differences.js';

/** So much may be deleted in a day's work; more is a database that was lost, or another one. */
const MOST_REMOVED = 0.1;
const ALWAYS_REMOVED = 19;
/** A probe that a killed process left goes by itself. */
const PROBE_TTL_MS = 60_000;
const API_KEYS = 'apikey:*';

/** Whether two addresses lead to one database. Writes a key to the target for a moment. */
export async function isOneDatabase(source: Side, target: Side): Promise<boolean> {
  // One of them is a file, and the other is not.
  if (!source.isRedis || !target.isRedis) return false;
  const probe = keys.migration.probe(randomUUID());
  await target.write([['set', probe, '1', 'PX', PROBE_TTL_MS]]);
  try {
    const [found] = await source.read([['exists', probe]]);
    return found === 1;
  } finally {
    await target.write([['del', probe]]);
  }
}

/** Why data may not be carried to a target that holds some; to be asked where nothing was carried there from here. */
export async function whyForeign(target: Side, book: MigrationBook, back: boolean): Promise<string> {
  const sources = await book.listSources();
  const holds = `The target ${target.address} holds data that was not carried from this source.`;
  const overwrite = 'say --overwrite: what both have is then written as the source has it';
  if (sources.length === 0) return `${holds} Choose an empty database, or ${overwrite}.`;
  const options = sources.map((address) => `${back ? '--to' : '--from'} redis://${address}`).join(' or ');
  return (
    `${holds} v1's database was named ${sources.join(', ')} before: if it is the same, name it so again, with ` +
    `${options}. If it is another one, choose an empty database, or ${overwrite}.`
  );
}

/** Why what the source has no more may not be removed from the target; null when it may. */
export async function whyNotRemoved(plan: MigrationPlan, now: number): Promise<string | null> {
  const { source, target, isTargetEmpty } = plan;
  if (isTargetEmpty) return null;
  const otherwise =
    `Has ${source.address} lost its data, or is it another database? Nothing was written: put it right, or say ` +
    `--remove to delete in ${target.address}, too, what is not there any more.`;
  if (!(await hasApiKeys(source))) return `The source ${source.address} has no API key any more. ${otherwise}`;
  const { remembered, removed } = await countRemoved(plan, now);
  if (removed <= ALWAYS_REMOVED || removed <= MOST_REMOVED * remembered) return null;
  return `The source ${source.address} lacks ${removed} of the ${remembered} keys that were carried before. ${otherwise}`;
}

async function hasApiKeys(side: Side): Promise<boolean> {
  for await (const names of side.scan(API_KEYS)) if (names.some((name) => apiKeyIdOf(name) !== null)) return true;
  return false;
}

async function countRemoved(plan: MigrationPlan, now: number): Promise<{ remembered: number; removed: number }> {
  let [remembered, removed] = [0, 0];
  for await (const entries of plan.book.all()) {
    const carried = entries.filter(([name]) => leftOutOf(name, plan.back) === null);
    const atSource = await plan.source.read(carried.map(([name]) => ['exists', name]));
    const gone = carried.filter(([, state], at) => atSource[at] === 0 && isRemoved(state, now));
    const atTarget = await plan.target.read(gone.map(([name]) => ['exists', name]));
    remembered += carried.length;
    removed += atTarget.filter((count) => count === 1).length;
  }
  return { remembered, removed };
}

/** Whether it was deleted at the source, and has not come to the end of its time. */
const isRemoved = (remembered: KeyState, now: number): boolean =>
  decideKey({ source: null, target: remembered, remembered, now }) === 'remove';
