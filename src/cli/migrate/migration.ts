import { keys, type StoreCommand } from '@crs/store';
import type { Clock } from '../../core/time/clock.js';
import { decideKey, type KeyAction, type KeyState } from './decide-key.js';
import { INDEX_MARKERS, isDerived, leftOutOf } from './key-classes.js';
import type { MigrationBook } from './migration-book.js';
import type { MigrationTally } from './migration-tally.js';
import { isNameOfBytes, type KeyReading, readKeys } from './read-keys.js';
import { lookUpCommands, type RecordChange } from './secret-look-up.js';
import type { Side } from './side.js';
import { type StoredValue, writeCommands } from './stored-value.js';

export interface MigrationPlan {
  readonly source: Side;
  readonly target: Side;
  /** v2's database: the one that has the book. */
  readonly own: Side;
  readonly book: MigrationBook;
  /** Nothing that was carried before is there any more: what the book says is void. */
  readonly isTargetEmpty: boolean;
  readonly back: boolean;
  readonly dryRun: boolean;
  readonly overwrite: boolean;
}

/** What both sides have under one name, and what is to be done about it. */
interface Case {
  readonly key: string;
  readonly source: KeyReading;
  readonly target: KeyReading;
  readonly action: KeyAction;
  /** An index that both sides have changed. */
  readonly isMixed: boolean;
}

/** Equal to nothing that can be carried. */
const UNFIT: KeyState = { fingerprint: '', endsAt: null };
const NAME_OF_BYTES = 'its name holds bytes that are no text (UTF-8)';
const ABSENT: KeyReading = { kind: 'absent' };
const WRITING: ReadonlySet<KeyAction> = new Set(['add', 'change', 'renew', 'remove']);

/** Carries keys from one database to the other, each whole, as often as one likes. */
export class Migration {
  private hasWritten = false;

  constructor(
    private readonly plan: MigrationPlan,
    private readonly tally: MigrationTally,
    private readonly clock: Clock,
    private readonly onProgress: (keys: number) => void,
  ) {}

  /** Ends between keys when it is told to; gives whether it came to the end. */
  async run(signal: AbortSignal): Promise<boolean> {
    const { source, book, isTargetEmpty } = this.plan;
    for await (const names of source.scan()) {
      if (signal.aborted) return false;
      await this.carry(names.filter((name) => this.isCarried(name)));
      this.onProgress(names.length);
    }
    if (isTargetEmpty) return true;
    for await (const entries of book.all()) {
      if (signal.aborted) return false;
      await this.follow(entries.map(([name]) => name));
    }
    return true;
  }

  private isCarried(name: string): boolean {
    const leftOut = leftOutOf(name, this.plan.back);
    if (leftOut !== null) this.tally.addLeftOut(leftOut);
    return leftOut === null;
  }

  /** What the source has. */
  private async carry(names: readonly string[]): Promise<void> {
    const readings = await this.readSource(names);
    const here: [string, KeyReading][] = [];
    for (const [at, reading] of readings.entries()) {
      const name = String(names[at]);
      if (reading.kind === 'unfit') this.tally.addNotCarried(name, reading.reason);
      if (reading.kind === 'absent' && isNameOfBytes(name)) this.tally.addNotCarried(name, NAME_OF_BYTES);
      if (reading.kind === 'found') here.push([name, reading]);
    }
    await this.settle(here);
  }

  /** What the source had and has no more. */
  private async follow(names: readonly string[]): Promise<void> {
    const counts = await this.plan.source.read(names.map((name) => ['exists', name]));
    const gone = names.filter((name, at) => counts[at] === 0 && leftOutOf(name, this.plan.back) === null);
    await this.settle(gone.map((name) => [name, ABSENT]));
  }

  private async settle(found: readonly (readonly [string, KeyReading])[]): Promise<void> {
    const names = found.map(([name]) => name);
    const targets = await readKeys(this.plan.target, names, () => this.clock.now());
    const remembered = this.plan.isTargetEmpty ? names.map(() => null) : await this.plan.book.read(names);
    const cases = found.map(([key, source], at) =>
      this.decide(key, source, targets[at] ?? ABSENT, remembered[at] ?? null),
    );
    if (!this.plan.dryRun) await this.write(cases);
    for (const { key, source, target, action } of cases) {
      this.tally.add({ key, action, source: valueOf(source), target: valueOf(target) });
    }
  }

  private decide(key: string, source: KeyReading, target: KeyReading, remembered: KeyState | null): Case {
    const { overwrite } = this.plan;
    const action = decideKey({ source: stateOf(source), target: stateOf(target), remembered, now: this.clock.now() });
    if (action !== 'conflict') return { key, source, target, action, isMixed: false };
    if (isDerived(key)) return { key, source, target, action: 'keep', isMixed: true };
    const overwritten = source.kind === 'absent' ? 'remove' : 'change';
    return { key, source, target, action: overwrite ? overwritten : action, isMixed: false };
  }

  /** Together, so each key whole. Where the book is at the source, a key may be written and not noted: it is equal then. */
  private async write(cases: readonly Case[]): Promise<void> {
    const { own, target } = this.plan;
    await this.dropMarkers(cases);
    const now = this.clock.now();
    const manyScores = target.isRedis;
    const commands = [
      ...cases.flatMap((each) => commandsOf(each, now, manyScores)),
      ...(await lookUpCommands(target, cases.map(recordChangeOf))),
    ];
    const notes = cases.flatMap((each) => this.notesOf(each));
    await target.write(own === target ? [...commands, ...notes] : commands);
    if (own !== target) await own.write(notes);
  }

  /**
   * An index that the target made of its own keys is not whole once others come, and neither is one that both sides
   * have changed: without its marker it is made anew.
   */
  private async dropMarkers(cases: readonly Case[]): Promise<void> {
    const stale = new Set<string>();
    if (cases.some(({ isMixed }) => isMixed)) stale.add(keys.apiKey.indexVersion);
    if (!this.hasWritten && cases.some(({ action }) => WRITING.has(action))) {
      this.hasWritten = true;
      const atSource = await this.plan.source.read(INDEX_MARKERS.map((marker) => ['exists', marker]));
      INDEX_MARKERS.filter((_, at) => atSource[at] === 0).forEach((marker) => stale.add(marker));
    }
    if (stale.size > 0) await this.plan.target.write([['del', ...stale]]);
  }

  /** What both have now; of an index that both have changed, what the source had when its marker was dropped. */
  private notesOf({ key, source, action, isMixed }: Case): StoreCommand[] {
    const { book } = this.plan;
    if (action === 'forget' || (source.kind !== 'found' && (action === 'remove' || isMixed))) return [book.forget(key)];
    const isNoted = action === 'adopt' || isMixed || WRITING.has(action);
    return isNoted && source.kind === 'found' ? [book.remember(key, source)] : [];
  }

  private async readSource(names: readonly string[]): Promise<KeyReading[]> {
    return readKeys(this.plan.source, names, () => this.clock.now());
  }
}

function recordChangeOf({ key, source, target, action }: Case): RecordChange {
  const [before, wanted] = [valueOf(target), valueOf(source)];
  return { key, before, source: wanted, after: WRITING.has(action) ? wanted : before };
}

function commandsOf({ key, source, action }: Case, now: number, manyScores: boolean): StoreCommand[] {
  if (action === 'remove') return [['del', key]];
  if (!WRITING.has(action) || source.kind !== 'found') return [];
  const ttlMs = source.endsAt === null ? null : Math.max(1, source.endsAt - now);
  return writeCommands(key, source.value, ttlMs, { manyScores });
}

function stateOf(reading: KeyReading): KeyState | null {
  if (reading.kind === 'found') return reading;
  return reading.kind === 'unfit' ? UNFIT : null;
}

const valueOf = (reading: KeyReading): StoredValue | null => (reading.kind === 'found' ? reading.value : null);
