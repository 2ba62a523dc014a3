import type { StreamableFile } from '@nestjs/common';
import type { Figures } from '../roll-up/figures.js';
import { type CsvColumn, csvFile, toCsv } from './csv.js';
import type { DashboardDto } from './dto/dashboard.dto.js';
import type { AccountStatsDto, TopKeysDto } from './dto/rankings.dto.js';
import type { CostFiguresDto, CostStatsDto, UsageStatsDto } from './dto/stats-answer.dto.js';
import type { AnswerFormat } from './dto/stats-query.dto.js';
import type { TrendChangeDto, TrendsDto } from './dto/trends.dto.js';
import type { Dashboard } from './dashboard.service.js';
import type { RankingService } from './ranking.service.js';
import { shareOf, type StatsFigures, toStatsFigures } from './stats-figures.js';
import type { Trend } from './trend.service.js';
import type { UsageAnswer, UsageRow } from './usage-query.service.js';

type Row<T extends { readonly rows: readonly unknown[] }> = T['rows'][number];
type Subject = Omit<UsageRow, 'figures'>;

export const toUsageStatsDto = ({ total, rows, ...span }: UsageAnswer): Readonly<UsageStatsDto> => ({
  ...span,
  total: toStatsFigures(total),
  rows: rows.map(({ figures, ...subject }) => ({ ...subject, ...toStatsFigures(figures) })),
});

export const toCostStatsDto = ({ total, rows, ...span }: UsageAnswer): Readonly<CostStatsDto> => ({
  ...span,
  total: toCosts(total),
  rows: rows.map(({ figures, ...subject }) => ({
    ...subject,
    ...toCosts(figures),
    share: shareOf(figures.ratedMicroUsd, total.ratedMicroUsd),
  })),
});

function toCosts(figures: Figures): Pick<StatsFigures, keyof CostFiguresDto> {
  const { requests, allTokens, costUsd, realCostUsd, unpricedRequests } = toStatsFigures(figures);
  return { requests, allTokens, costUsd, realCostUsd, unpricedRequests };
}

export const toTrendsDto = ({ total, previous, rows, ...span }: Trend): Readonly<TrendsDto> => ({
  ...span,
  total: toStatsFigures(total),
  previous: { ...previous, total: toStatsFigures(previous.total) },
  change: changeOf(toStatsFigures(total), toStatsFigures(previous.total)),
  rows: rows.map(({ period, figures }) => ({ period, ...toStatsFigures(figures) })),
});

const changeOf = (now: StatsFigures, before: StatsFigures): TrendChangeDto => ({
  requests: growth(now.requests, before.requests),
  allTokens: growth(now.allTokens, before.allTokens),
  costUsd: growth(now.costUsd, before.costUsd),
  realCostUsd: growth(now.realCostUsd, before.realCostUsd),
});

const growth = (now: number, before: number): number | null => (before === 0 ? null : shareOf(now - before, before));

export const toTopKeysDto = ({
  total,
  rows,
  ...span
}: Awaited<ReturnType<RankingService['topKeys']>>): Readonly<TopKeysDto> => ({
  ...span,
  total: toStatsFigures(total),
  rows: rows.map(({ id, name, figures }) => ({ id, name, ...toStatsFigures(figures) })),
});

export const toAccountStatsDto = ({
  total,
  waste,
  rows,
  ...span
}: Awaited<ReturnType<RankingService['accounts']>>): Readonly<AccountStatsDto> => ({
  ...span,
  total: toUseAndWaste(total, waste),
  rows: rows.map((row) => ({ id: row.id, name: row.name, ...toUseAndWaste(row.figures, row.waste) })),
});

function toUseAndWaste(figures: Figures, waste: Figures): StatsFigures & Record<(typeof WASTE_NAMES)[number], number> {
  const { requests, allTokens, realCostUsd } = toStatsFigures(waste);
  return {
    ...toStatsFigures(figures),
    wastedRequests: requests,
    wastedTokens: allTokens,
    wastedCostUsd: realCostUsd,
    wasteShare: shareOf(waste.realMicroUsd, waste.realMicroUsd + figures.realMicroUsd),
  };
}

export const toDashboardDto = (dashboard: Dashboard): Readonly<DashboardDto> => ({
  at: dashboard.at.toISOString(),
  liveRequests: dashboard.liveRequests,
  unsettledRequests: dashboard.unsettledRequests,
  rates: dashboard.rates,
  today: toStatsFigures(dashboard.today),
  keys: dashboard.keys,
  accounts: dashboard.accounts,
});

const SUBJECT_COLUMNS: readonly CsvColumn<Subject>[] = [
  { name: 'period', cell: ({ period }) => period ?? null },
  { name: 'id', cell: ({ id }) => id ?? null },
  { name: 'name', cell: ({ name }) => name ?? null },
];
const FIGURE_NAMES = [
  ...(['requests', 'inputTokens', 'outputTokens', 'cacheCreateTokens', 'cacheReadTokens'] as const),
  ...(['ephemeral5mTokens', 'ephemeral1hTokens', 'allTokens', 'costUsd', 'realCostUsd'] as const),
  ...(['estimatedRequests', 'unpricedRequests'] as const),
];
const COST_NAMES = ['requests', 'allTokens', 'costUsd', 'realCostUsd', 'unpricedRequests', 'share'] as const;
const WASTE_NAMES = ['wastedRequests', 'wastedTokens', 'wastedCostUsd', 'wasteShare'] as const;

const columnsOf = <K extends string>(names: readonly K[]): readonly CsvColumn<Readonly<Record<K, number>>>[] =>
  names.map((name) => ({ name, cell: (row) => row[name] }));

export const USAGE_COLUMNS: readonly CsvColumn<Row<UsageStatsDto>>[] = [...SUBJECT_COLUMNS, ...columnsOf(FIGURE_NAMES)];
export const COST_COLUMNS: readonly CsvColumn<Row<CostStatsDto>>[] = [...SUBJECT_COLUMNS, ...columnsOf(COST_NAMES)];
export const TOP_KEY_COLUMNS: readonly CsvColumn<Row<TopKeysDto>>[] = [
  ...SUBJECT_COLUMNS.slice(1),
  ...columnsOf(FIGURE_NAMES),
];
export const ACCOUNT_COLUMNS: readonly CsvColumn<Row<AccountStatsDto>>[] = [
  ...SUBJECT_COLUMNS.slice(1),
  ...columnsOf([...FIGURE_NAMES, ...WASTE_NAMES]),
];

/** The answer as it is, or its rows as a file whose name tells the span. */
export function answerAs<R, T extends { readonly from: string; readonly to: string; readonly rows: readonly R[] }>(
  format: AnswerFormat | undefined,
  answer: T,
  table: { readonly name: string; readonly columns: readonly CsvColumn<R>[] },
): T | StreamableFile {
  if (format !== 'csv') return answer;
  const name = `${table.name}_${answer.from}_${answer.to}`.replace(/[^\w.-]/g, '-');
  return csvFile(name, toCsv(table.columns, answer.rows));
}
