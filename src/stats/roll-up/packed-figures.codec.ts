import { type Figures, PACKED } from './figures.js';

const SPACE = 32;
const ZERO = 48;

/** Figures as a roll-up keeps them. */
export const packFigures = (figures: Figures): string => PACKED.map((name) => figures[name]).join(' ');

/**
 * The figures of a packed text. Numbers that an older version did not write yet read as 0, and those that a later one
 * appended are left out; null when the text is anything else than whole decimal numbers between single spaces.
 *
 * Statistics read tens of thousands of these at once, so the digits are taken one by one, not split into texts.
 */
export function unpackFigures(text: string): Figures | null {
  const numbers: number[] = [];
  let value = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code < ZERO + 10) {
      value = (value < 0 ? 0 : value * 10) + (code - ZERO);
    } else if (code === SPACE && value >= 0) {
      numbers.push(value);
      value = -1;
    } else {
      return null;
    }
  }
  // A text that is empty, or ends with a space, is cut off: the last number is not there.
  if (value < 0) numbers.length = 0;
  else numbers.push(value);
  const [requests, ...more] = numbers;
  return requests !== undefined && numbers.every(Number.isSafeInteger) ? toFigures(requests, more) : null;
}

function toFigures(
  requests: number,
  [
    inputTokens = 0,
    outputTokens = 0,
    cacheCreateTokens = 0,
    cacheReadTokens = 0,
    ephemeral5mTokens = 0,
    ephemeral1hTokens = 0,
    realMicroUsd = 0,
    ratedMicroUsd = 0,
    estimatedRequests = 0,
    unpricedRequests = 0,
  ]: readonly number[],
): Figures {
  return {
    requests,
    inputTokens,
    outputTokens,
    cacheCreateTokens,
    cacheReadTokens,
    ephemeral5mTokens,
    ephemeral1hTokens,
    realMicroUsd,
    ratedMicroUsd,
    estimatedRequests,
    unpricedRequests,
  };
}
