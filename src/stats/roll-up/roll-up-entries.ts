import { Injectable } from '@nestjs/common';
import { keys, type RollUpDimension, type RollUpGrain } from '@crs/store';
import { modelOfField, partsOfWasteField, tieredFieldsOf } from './roll-up-fields.js';
import type { RollUpQuery } from './roll-up.reader.js';
import { type FigureFields, type HashRead, RollUpRepository } from './roll-up.repository.js';
import { ownerOf, type UsageEntry, type UsageOwner } from './usage-entry.js';

type Question = Omit<RollUpQuery, 'from' | 'to'>;
/** Which of the figures of a period are wanted, and where they stand. */
type Source =
  | { readonly kind: 'totals'; readonly by: RollUpDimension }
  | { readonly kind: 'one'; readonly owner: UsageOwner; readonly id: string }
  | { readonly kind: 'each'; readonly owner: UsageOwner };

interface OwnerHash {
  readonly periodAt: number;
  readonly owner: string;
  readonly read: HashRead;
}

/** Finds the roll-ups that answer a question: the fewest hashes that tell it. */
@Injectable()
export class RollUpEntries {
  constructor(private readonly repository: RollUpRepository) {}

  /** One list per period, in order. */
  async read(
    question: Question,
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly UsageEntry[])[]> {
    const source = sourceOf(question);
    if (source.kind === 'totals') return this.readTotals(question, source.by, periods, signal);
    const owners =
      source.kind === 'one'
        ? periods.map(() => [source.id])
        : await this.listOwners(question.grain, source.owner, periods, signal);
    return this.readOwners(question, ownerOf(question), periods, owners, signal);
  }

  async readWaste(
    { grain, accountId, model }: Question,
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly UsageEntry[])[]> {
    const reads = periods.map((period) => ({ key: keys.usage.rollUp.waste(grain, period), fields: null }));
    const tables = await this.repository.read(reads, signal);
    const entries = tables.map((table) =>
      table.flatMap(([field, figures]): UsageEntry[] => {
        const parts = partsOfWasteField(field);
        return parts === null ? [] : [{ ...parts, figures }];
      }),
    );
    return entries.map((list) =>
      list.filter((entry) => (accountId ?? entry.owner) === entry.owner && (model ?? entry.model) === entry.model),
    );
  }

  private async readTotals(
    { grain, model }: Question,
    by: RollUpDimension,
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly UsageEntry[])[]> {
    const fields = model === undefined ? null : [model];
    const reads = periods.map((period) => ({ key: keys.usage.rollUp.totals(grain, period, by), fields }));
    const tables = await this.repository.read(reads, signal);
    return tables.map((table) =>
      table.map(([id, figures]) =>
        by === 'model' ? { owner: '', model: id, figures } : { owner: id, model: '', figures },
      ),
    );
  }

  private async listOwners(
    grain: RollUpGrain,
    owner: UsageOwner,
    periods: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly string[])[]> {
    const reads = periods.map((period) => ({ key: keys.usage.rollUp.totals(grain, period, owner), fields: null }));
    return (await this.repository.read(reads, signal)).map((table) => table.map(([id]) => id));
  }

  private async readOwners(
    { grain, model }: Question,
    owner: UsageOwner,
    periods: readonly string[],
    owners: readonly (readonly string[])[],
    signal: AbortSignal,
  ): Promise<readonly (readonly UsageEntry[])[]> {
    const { keyOf, fieldsOf, modelOf } = HASHES[owner];
    const fields = model === undefined ? null : fieldsOf(model);
    const hashes = periods.flatMap((period, periodAt) =>
      (owners[periodAt] ?? []).map((id): OwnerHash => ({
        periodAt,
        owner: id,
        read: { key: keyOf(grain, period, id), fields },
      })),
    );
    const tables = await this.repository.read(
      hashes.map(({ read }) => read),
      signal,
    );
    const entries = periods.map((): UsageEntry[] => []);
    for (const [at, hash] of hashes.entries()) {
      entries[hash.periodAt]?.push(...entriesOf(hash.owner, tables[at] ?? [], modelOf));
    }
    return entries;
  }
}

/** By key the tiers of prices are kept apart, by account they are not. */
const HASHES = {
  key: { keyOf: keys.usage.rollUp.keyModels, fieldsOf: tieredFieldsOf, modelOf: modelOfField },
  account: {
    keyOf: keys.usage.rollUp.accountModels,
    fieldsOf: (model: string): readonly string[] => [model],
    modelOf: (field: string): string => field,
  },
} as const;

const entriesOf = (owner: string, table: FigureFields, modelOf: (field: string) => string): readonly UsageEntry[] =>
  table.map(([field, figures]) => ({ owner, model: modelOf(field), figures }));

function sourceOf({ by, keyId, accountId, model }: Question): Source {
  const owner = ownerOf({ by, ...(keyId !== undefined && { keyId }), ...(accountId !== undefined && { accountId }) });
  const id = keyId ?? accountId;
  if (id !== undefined) return { kind: 'one', owner, id };
  if (by === null || by === 'model') return { kind: 'totals', by: 'model' };
  return model === undefined ? { kind: 'totals', by } : { kind: 'each', owner };
}
