import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/time/clock.js';
import { Zone } from '../../core/time/zone.js';
import { allTokensOf, type Figures, NO_FIGURES } from '../roll-up/figures.js';
import type { Ranking } from './dto/stats-query.dto.js';
import { SpanReader, type SpanRow } from './span.reader.js';
import { totalOf } from './stats-figures.js';
import { type SpanInput, spanOf, type StatsSpan, textsOfSpan } from './stats-span.js';
import { SubjectNames } from './subject-names.js';

export interface RankingQuestion extends Omit<SpanInput, 'granularity'> {
  readonly model?: string | undefined;
}

export interface NamedFigures {
  readonly id: string;
  readonly name: string | null;
  readonly figures: Figures;
}

export interface NamedUseAndWaste extends NamedFigures {
  readonly waste: Figures;
}

interface Ranked<T> {
  readonly from: string;
  readonly to: string;
  readonly total: Figures;
  readonly rows: readonly T[];
}

const AMOUNTS: Readonly<Record<Ranking, (figures: Figures) => number>> = {
  cost: ({ ratedMicroUsd }) => ratedMicroUsd,
  requests: ({ requests }) => requests,
  tokens: allTokensOf,
};

/** Answers which keys and accounts were used most. */
@Injectable()
export class RankingService {
  constructor(
    private readonly spans: SpanReader,
    private readonly names: SubjectNames,
    private readonly zone: Zone,
    private readonly clock: Clock,
  ) {}

  async topKeys(
    question: RankingQuestion & { readonly by: Ranking; readonly limit: number },
  ): Promise<Ranked<NamedFigures>> {
    const span = this.spanOf(question);
    const rows = await this.spans.read({ span, by: 'key', ...filterOf(question) });
    const top = ranked(rows, AMOUNTS[question.by]).slice(0, question.limit);
    const names = await this.names.find('key', top.map(idOf));
    return {
      ...textsOfSpan(span, this.zone),
      total: totalOf(rows),
      rows: top.map(({ id, figures }) => ({ id, name: names.get(id) ?? null, figures })),
    };
  }

  async accounts(
    question: RankingQuestion & { readonly accountId?: string },
  ): Promise<Ranked<NamedUseAndWaste> & { readonly waste: Figures }> {
    const span = this.spanOf(question);
    const filter = {
      ...filterOf(question),
      ...(question.accountId !== undefined && { accountId: question.accountId }),
    };
    const used = await this.spans.read({ span, by: 'account', ...filter });
    const wasted = await this.spans.readWaste(span, filter);
    const rows = ranked(withWasters(used, wasted), AMOUNTS.cost);
    const names = await this.names.find('account', rows.map(idOf));
    const wasteById = new Map(wasted.map(({ id, figures }) => [id, figures]));
    return {
      ...textsOfSpan(span, this.zone),
      total: totalOf(used),
      waste: totalOf(wasted),
      rows: rows.map(({ id, figures }) => ({
        id,
        name: names.get(id) ?? null,
        figures,
        waste: wasteById.get(id) ?? NO_FIGURES,
      })),
    };
  }

  private spanOf({ from, to }: RankingQuestion): StatsSpan {
    return spanOf({ from, to, granularity: null }, this.zone, this.clock.now());
  }
}

const filterOf = ({ model }: RankingQuestion): { readonly model?: string } => (model === undefined ? {} : { model });

/** An account may have wasted tokens and never served anybody. */
function withWasters(used: readonly SpanRow[], wasted: readonly SpanRow[]): readonly SpanRow[] {
  const known = new Set(used.map(idOf));
  const others = wasted.filter(({ id }) => !known.has(id));
  return [...used, ...others.map((row) => ({ ...row, figures: NO_FIGURES }))];
}

const ranked = (rows: readonly SpanRow[], amount: (figures: Figures) => number): readonly SpanRow[] =>
  rows.toSorted((a, b) => amount(b.figures) - amount(a.figures) || (a.id < b.id ? -1 : 1));

const idOf = ({ id }: SpanRow): string => id;
