import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import { type Figures, NO_FIGURES } from '../roll-up/figures.js';
import { periodsBetween } from '../roll-up/periods.js';
import { SpanReader } from './span.reader.js';
import { totalOf } from './stats-figures.js';
import { spanBefore, spanOf, textsOfSpan } from './stats-span.js';
import type { UsageQuestion } from './usage-query.service.js';

interface TrendRow {
  readonly period: string;
  readonly figures: Figures;
}

export interface Trend {
  readonly from: string;
  readonly to: string;
  readonly total: Figures;
  readonly previous: { readonly from: string; readonly to: string; readonly total: Figures };
  readonly rows: readonly TrendRow[];
}

/** Answers how usage develops: period by period, and against the time before. */
@Injectable()
export class TrendService {
  constructor(
    private readonly spans: SpanReader,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  async read({ from, to, granularity = 'day', keyId, accountId, model }: UsageQuestion): Promise<Trend> {
    const span = spanOf({ from, to, granularity }, this.zone, this.clock.now());
    const question = {
      by: null,
      ...(keyId !== undefined && { keyId }),
      ...(accountId !== undefined && { accountId }),
      ...(model !== undefined && { model }),
    };
    const before = { ...spanBefore(span), granularity: granularity === 'hour' ? granularity : null };
    const rows = await this.spans.read({ ...question, span });
    const rowsBefore = await this.spans.read({ ...question, span: before });
    const used = new Map(rows.map(({ period, figures }) => [period, figures]));
    return {
      ...textsOfSpan(span, this.zone),
      total: totalOf(rows),
      previous: { ...textsOfSpan(before, this.zone), total: totalOf(rowsBefore) },
      rows: periodsBetween(granularity, span.from, span.to, this.zone).map(({ key }) => ({
        period: key,
        figures: used.get(key) ?? NO_FIGURES,
      })),
    };
  }
}
