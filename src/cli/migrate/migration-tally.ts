import type { KeyAction } from './decide-key.js';
import { classOf, type LeftOut } from './key-classes.js';
import type {
  ApiKeyDifference,
  ClassCounts,
  ClassReport,
  CostDifference,
  Fate,
  MigrationReport,
} from './migration-report.js';
import type { StoredValue } from './stored-value.js';
import { apiKeyIdOf, costOf, differingFields, fieldsOf } from './value-differences.js';

/** What became of one key, with what both sides had before. */
export interface KeyFate {
  readonly key: string;
  readonly action: KeyAction;
  readonly source: StoredValue | null;
  readonly target: StoredValue | null;
}

const NAMES_PER_FATE = 5;
const MOST_NAMES = 1000;
const MICROS = 1_000_000;

const FATES: Readonly<Record<KeyAction, Fate | null>> = {
  none: null,
  forget: null,
  same: 'same',
  adopt: 'same',
  add: 'added',
  change: 'changed',
  renew: 'changed',
  remove: 'removed',
  keep: 'kept',
  conflict: 'conflicts',
};

interface ClassTally {
  readonly note: string | null;
  readonly counts: ClassCounts;
  readonly names: Partial<Record<Fate, string[]>>;
}

type Counted = Pick<
  MigrationReport,
  'keys' | 'classes' | 'leftOut' | 'notCarried' | 'notCarriedTotal' | 'conflicts' | 'kept' | 'apiKeys' | 'costs'
>;

/** Counts what becomes of keys, and remembers no more names than a report can show. */
export class MigrationTally {
  private keys = 0;
  private notCarriedTotal = 0;
  private readonly classes = new Map<string, ClassTally>();
  private readonly leftOut = new Map<LeftOut, number>();
  private readonly notCarried: { readonly key: string; readonly reason: string }[] = [];
  private readonly named: Readonly<Record<'kept' | 'conflicts', string[]>> = { kept: [], conflicts: [] };
  private readonly apiKeys: ApiKeyDifference[] = [];
  private readonly costs: CostDifference[] = [];
  /** Micro-USD: [source, target]. */
  private readonly costByDay = new Map<string, [number, number]>();

  addLeftOut(reason: LeftOut): void {
    this.keys += 1;
    this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + 1);
  }

  addNotCarried(key: string, reason: string): void {
    this.keys += 1;
    this.notCarriedTotal += 1;
    addTo(this.notCarried, { key, reason });
  }

  add({ key, action, source, target }: KeyFate): void {
    const fate = FATES[action];
    if (fate === null) return;
    this.keys += 1;
    this.count(key, fate);
    if (fate === 'kept' || fate === 'conflicts') addTo(this.named[fate], key);
    this.addCost(costOf(key, source, target));
    const id = fate === 'same' || fate === 'added' ? null : apiKeyIdOf(key);
    if (id !== null) this.addApiKey(id, fate, source, target);
  }

  result(): Counted {
    return {
      keys: this.keys,
      classes: [...this.classes]
        .map(([name, { note, counts, names }]): ClassReport => ({ name, note, ...counts, names }))
        .sort((left, right) => (left.name < right.name ? -1 : 1)),
      leftOut: [...this.leftOut].map(([leftOut, keys]) => ({ ...leftOut, keys })),
      notCarried: this.notCarried,
      notCarriedTotal: this.notCarriedTotal,
      ...this.named,
      apiKeys: this.apiKeys,
      costs: [...this.days(), ...this.costs],
    };
  }

  private count(key: string, fate: Fate): void {
    const { name, note } = classOf(key);
    const tally = this.classes.get(name) ?? { note, counts: noCounts(), names: {} };
    this.classes.set(name, tally);
    tally.counts[fate] += 1;
    if (fate === 'same') return;
    const names = (tally.names[fate] ??= []);
    if (names.length < NAMES_PER_FATE) names.push(key);
  }

  private addApiKey(id: string, fate: Fate, source: StoredValue | null, target: StoredValue | null): void {
    const fields = differingFields(source, target);
    const name = fieldsOf(source).get('name') ?? fieldsOf(target).get('name') ?? '';
    if (fields.length > 0) addTo(this.apiKeys, { id, name, fate, fields });
  }

  private addCost(cost: CostDifference | null): void {
    if (cost === null) return;
    const [source, target] = this.costByDay.get(cost.day) ?? [0, 0];
    this.costByDay.set(cost.day, [source + toMicros(cost.source), target + toMicros(cost.target)]);
    if (toMicros(cost.source) !== toMicros(cost.target)) addTo(this.costs, cost);
  }

  private days(): CostDifference[] {
    return [...this.costByDay]
      .map(([day, [source, target]]) => ({ day, keyId: null, source: source / MICROS, target: target / MICROS }))
      .sort((left, right) => (left.day < right.day ? -1 : 1));
  }
}

const toMicros = (usd: number): number => Math.round(usd * MICROS);
const noCounts = (): ClassCounts => ({ added: 0, changed: 0, removed: 0, kept: 0, conflicts: 0, same: 0 });

function addTo<T>(list: T[], entry: T): void {
  if (list.length < MOST_NAMES) list.push(entry);
}
