/** By what the costs of a row were corrected after its requests were booked. Whole numbers, of either sign. */
export interface Correction {
  readonly realMicroUsd: number;
  readonly ratedMicroUsd: number;
  readonly unpricedRequests: number;
}

export const NO_CORRECTION: Correction = { realMicroUsd: 0, ratedMicroUsd: 0, unpricedRequests: 0 };

const PACKED = /^-?\d{1,16} -?\d{1,16} -?\d{1,16}$/;

/** As it is stored; empty when nothing is corrected, which is not stored at all. */
export function packCorrection({ realMicroUsd, ratedMicroUsd, unpricedRequests }: Correction): string {
  const isNone = realMicroUsd === 0 && ratedMicroUsd === 0 && unpricedRequests === 0;
  return isNone ? '' : `${realMicroUsd} ${ratedMicroUsd} ${unpricedRequests}`;
}

/** A text that is none corrects nothing. */
export function unpackCorrection(text: string | undefined): Correction {
  if (text === undefined || !PACKED.test(text)) return NO_CORRECTION;
  const numbers = text.split(' ').map(Number) as [number, number, number];
  const [realMicroUsd, ratedMicroUsd, unpricedRequests] = numbers;
  return { realMicroUsd, ratedMicroUsd, unpricedRequests };
}

/** `a` minus `b`; without negative zeros, which texts do not have. */
export const differenceOf = (a: Correction, b: Correction): Correction => ({
  realMicroUsd: a.realMicroUsd - b.realMicroUsd + 0,
  ratedMicroUsd: a.ratedMicroUsd - b.ratedMicroUsd + 0,
  unpricedRequests: a.unpricedRequests - b.unpricedRequests + 0,
});

export const sumOf = (a: Correction, b: Correction): Correction => ({
  realMicroUsd: a.realMicroUsd + b.realMicroUsd,
  ratedMicroUsd: a.ratedMicroUsd + b.ratedMicroUsd,
  unpricedRequests: a.unpricedRequests + b.unpricedRequests,
});

export const isNothing = (correction: Correction): boolean => packCorrection(correction) === '';
