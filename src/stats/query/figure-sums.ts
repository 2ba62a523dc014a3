import { type Figures, isUsed, NO_FIGURES } from '../roll-up/figures.js';

type Sum = { -readonly [K in keyof Figures]: number };

/** Adds figures up by name, in place: there are tens of thousands to add for one answer. */
export class FigureSums {
  private readonly sums = new Map<string, Sum>();

  get size(): number {
    return this.sums.size;
  }

  /** @param sign -1 takes them away again */
  add(id: string, figures: Figures, sign: 1 | -1): void {
    const sum = this.sums.get(id) ?? this.begin(id);
    sum.requests += sign * figures.requests;
    sum.inputTokens += sign * figures.inputTokens;
    sum.outputTokens += sign * figures.outputTokens;
    sum.cacheCreateTokens += sign * figures.cacheCreateTokens;
    sum.cacheReadTokens += sign * figures.cacheReadTokens;
    sum.ephemeral5mTokens += sign * figures.ephemeral5mTokens;
    sum.ephemeral1hTokens += sign * figures.ephemeral1hTokens;
    sum.realMicroUsd += sign * figures.realMicroUsd;
    sum.ratedMicroUsd += sign * figures.ratedMicroUsd;
    sum.estimatedRequests += sign * figures.estimatedRequests;
    sum.unpricedRequests += sign * figures.unpricedRequests;
  }

  /** Without those of which nothing is left. */
  entries(): readonly (readonly [id: string, figures: Figures])[] {
    return [...this.sums].filter(([, sum]) => isUsed(sum));
  }

  private begin(id: string): Sum {
    const sum = { ...NO_FIGURES };
    this.sums.set(id, sum);
    return sum;
  }
}
