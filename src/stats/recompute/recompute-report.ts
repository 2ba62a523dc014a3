import type { RowCorrection } from './row-correction.js';

const MICRO = 1_000_000;

interface Costs {
  /** Rated. */
  readonly costUsd: number;
  readonly realCostUsd: number;
}

/** What something cost and costs. */
export interface CostChange {
  readonly before: Costs;
  readonly after: Costs;
}

export interface ModelChange extends CostChange {
  readonly model: string;
  /** No price is known: it is priced by the fallback table. */
  readonly unknownPrice: boolean;
}

/** What a recomputation changes, or would change. */
export interface RecomputeReport {
  readonly total: CostChange;
  /** Days with usage, in order. */
  readonly days: readonly (CostChange & { readonly day: string })[];
  /** By name. */
  readonly models: readonly ModelChange[];
  /** How many figures of a key, model, tier and day have another cost. */
  readonly changedRows: number;
}

/** Adds up what is corrected. */
export class ReportSums {
  private readonly total = new CostSums();
  private readonly days = new Map<string, CostSums>();
  private readonly models = new Map<string, CostSums>();
  private readonly unknown = new Set<string>();
  private changedRows = 0;

  add(day: string, row: RowCorrection): void {
    const ofDay = this.days.get(day) ?? new CostSums();
    const ofModel = this.models.get(row.model) ?? new CostSums();
    this.days.set(day, ofDay);
    this.models.set(row.model, ofModel);
    for (const sums of [this.total, ofDay, ofModel]) sums.add(row);
    if (row.isUnknown) this.unknown.add(row.model);
    if (row.change.realMicroUsd !== 0 || row.change.ratedMicroUsd !== 0) this.changedRows += 1;
  }

  toReport(): RecomputeReport {
    return {
      total: this.total.toChange(),
      days: [...this.days].map(([day, sums]) => ({ day, ...sums.toChange() })),
      models: [...this.models]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([model, sums]) => ({ model, unknownPrice: this.unknown.has(model), ...sums.toChange() })),
      changedRows: this.changedRows,
    };
  }
}

/** Sums in whole micro-USD, so that they are exact. */
class CostSums {
  private before = { real: 0, rated: 0 };
  private after = { real: 0, rated: 0 };

  add({ before, after }: RowCorrection): void {
    this.before = { real: this.before.real + before.realMicroUsd, rated: this.before.rated + before.ratedMicroUsd };
    this.after = { real: this.after.real + after.realMicroUsd, rated: this.after.rated + after.ratedMicroUsd };
  }

  toChange(): CostChange {
    return { before: toCosts(this.before), after: toCosts(this.after) };
  }
}

const toCosts = ({ real, rated }: { readonly real: number; readonly rated: number }): Costs => ({
  costUsd: rated / MICRO,
  realCostUsd: real / MICRO,
});
