import { describe, expect, it } from '@jest/globals';
import { differencesOfSharedDay, KeySums, type SharedDayBooks } from './shared-day.js';

const DAY = '2026-11-22';
const counted = (requests: number): Record<string, string> => ({ requests: String(requests) });

const booksOf = (all: number, model: number | null): SharedDayBooks => ({
  all: counted(all),
  models: new Map(model === null ? [] : [['opus', { counters: counted(model), rollUp: null }]]),
});

const sumsOf = (requests: number): KeySums => {
  const sums = new KeySums();
  sums.add(counted(requests), new Map([['opus', counted(requests)]]), {});
  return sums;
};

/** Which checks find a difference when so many requests were summed between two readings of what all have. */
const checksOf = (before: SharedDayBooks, after: SharedDayBooks, sum: number): readonly string[] =>
  differencesOfSharedDay(DAY, [before, after], sumsOf(sum), false).map(({ check, left, right }) => {
    return `${check}: ${left.value} and ${right.value}`;
  });

describe('differencesOfSharedDay', () => {
  it.each([5, 6, 7])('takes %d for right when there were 5 before the keys were read and 7 afterwards', (sum) => {
    expect(checksOf(booksOf(5, 5), booksOf(7, 7), sum)).toEqual([]);
  });

  it('names a sum that is less than what there was before, or more than what there was afterwards', () => {
    expect(checksOf(booksOf(5, 5), booksOf(7, 7), 4)).toEqual(['all-keys: 5 and 4', 'keys-of-model: 5 and 4']);
    expect(checksOf(booksOf(5, 5), booksOf(7, 7), 8)).toEqual(['all-keys: 7 and 8', 'keys-of-model: 7 and 8']);
  });

  it('takes a model that is not there for one without requests', () => {
    expect(checksOf(booksOf(0, null), booksOf(7, 7), 6)).toEqual([]);
    expect(checksOf(booksOf(0, null), booksOf(7, null), 6)).toEqual(['keys-of-model: 0 and 6']);
  });
});
