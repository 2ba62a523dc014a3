import { BadRequestException } from '@nestjs/common';
import type { RollUpDimension } from '@crs/store';
import { addFigures, type Figures, isUsed } from './figures.js';
import type { RollUpQuery, RollUpRow } from './roll-up.reader.js';

/** Who uses: figures by key and those by account are kept apart, so no question can be about both. */
export type UsageOwner = 'key' | 'account';

/** What one owner used of one model in a period; '' where the source does not say. */
export interface UsageEntry {
  readonly owner: string;
  readonly model: string;
  readonly figures: Figures;
}

/** Of which owners a question is; by models and periods alone, the keys are taken. */
export function ownerOf({ by, keyId, accountId }: Pick<RollUpQuery, 'by' | 'keyId' | 'accountId'>): UsageOwner {
  const isByKey = keyId !== undefined || by === 'key';
  const isByAccount = accountId !== undefined || by === 'account';
  if (isByKey && isByAccount) {
    throw new BadRequestException(
      'Usage is kept by key and by account, not by both together. Ask for one key or one account at a time.',
    );
  }
  return isByAccount ? 'account' : 'key';
}

/** The rows of one period in the order of their ids. */
export function rowsOf(period: string, by: RollUpDimension | null, entries: readonly UsageEntry[]): RollUpRow[] {
  const sums = new Map<string, Figures>();
  for (const entry of entries) {
    const id = idOf(entry, by);
    const sum = sums.get(id);
    sums.set(id, sum === undefined ? entry.figures : addFigures(sum, entry.figures));
  }
  const rows = [...sums].map(([id, figures]) => ({ period, id, figures }));
  return rows.filter(({ figures }) => isUsed(figures)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const idOf = (entry: UsageEntry, by: RollUpDimension | null): string =>
  by === null ? '' : by === 'model' ? entry.model : entry.owner;
