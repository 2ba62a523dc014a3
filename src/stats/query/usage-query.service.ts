import { Injectable } from '@nestjs/common';
import type { RollUpDimension, RollUpGrain } from '@crs/store';
import { ValidationFailedException } from '../../core/http/validation.js';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import type { Figures } from '../roll-up/figures.js';
import type { Grouping } from './dto/stats-query.dto.js';
import { SpanReader, type SpanRow, type StatsFilter } from './span.reader.js';
import { totalOf } from './stats-figures.js';
import { spanOf, textsOfSpan } from './stats-span.js';
import { SubjectNames } from './subject-names.js';

/** What was asked for; see the query's documentation. */
export interface UsageQuestion extends StatsFilter {
  readonly from?: string;
  readonly to?: string;
  readonly granularity?: RollUpGrain;
  readonly groupBy?: Grouping;
}

/** Absent where a row is not about it; a null name has no record any more. */
export interface UsageRow {
  readonly period?: string;
  readonly id?: string;
  readonly name?: string | null;
  readonly figures: Figures;
}

export interface UsageAnswer {
  readonly from: string;
  readonly to: string;
  readonly total: Figures;
  readonly rows: readonly UsageRow[];
}

/** Answers what was used in a span, row by row. */
@Injectable()
export class UsageQueryService {
  constructor(
    private readonly spans: SpanReader,
    private readonly names: SubjectNames,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  async read({ from, to, granularity, groupBy, ...filter }: UsageQuestion): Promise<UsageAnswer> {
    const shape = shapeOf(granularity, groupBy);
    const span = spanOf({ from, to, granularity: shape.granularity }, this.zone, this.clock.now());
    const { keyId, accountId, model } = filter;
    const rows = await this.spans.read({
      span,
      by: shape.by,
      ...(keyId !== undefined && { keyId }),
      ...(accountId !== undefined && { accountId }),
      ...(model !== undefined && { model }),
    });
    return {
      ...textsOfSpan(span, this.zone),
      total: totalOf(rows),
      rows: await this.named(rows.toSorted(inOrder), shape.by),
    };
  }

  private async named(rows: readonly SpanRow[], by: RollUpDimension | null): Promise<readonly UsageRow[]> {
    const names = await this.names.find(
      by,
      rows.map(({ id }) => id),
    );
    return rows.map(({ period, id, figures }) => ({
      ...(period !== '' && { period }),
      ...(by !== null && { id }),
      ...(by !== null && by !== 'model' && { name: names.get(id) ?? null }),
      figures,
    }));
  }
}

interface Shape {
  readonly granularity: RollUpGrain | null;
  readonly by: RollUpDimension | null;
}

/** Rows need a period or a subject: without either they are days. */
function shapeOf(granularity: RollUpGrain | undefined, groupBy: Grouping | undefined): Shape {
  if (groupBy === undefined) return { granularity: granularity ?? 'day', by: null };
  if (groupBy !== 'day') return { granularity: granularity ?? null, by: groupBy };
  if (granularity === undefined || granularity === 'day') return { granularity: 'day', by: null };
  const message = `groupBy=day gives one row per day; leave it out, or leave out granularity=${granularity}`;
  throw new ValidationFailedException([{ field: 'groupBy', message }]);
}

const inOrder = (a: SpanRow, b: SpanRow): number =>
  compare(a.period, b.period) || b.figures.ratedMicroUsd - a.figures.ratedMicroUsd || compare(a.id, b.id);

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
