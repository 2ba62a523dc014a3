import { describe, expect, it } from '@jest/globals';
import { isOver } from './is-over.js';

describe('isOver', () => {
  it.each([
    ['has just begun', 1000, false],
    ['runs', 1999, false],
    ['has ended', 2000, true],
    ['had never begun', Number.NEGATIVE_INFINITY, true],
  ])('knows of a wait of a second that it %s', (_, now, over) => {
    expect(now === Number.NEGATIVE_INFINITY ? isOver(5, now, 1000) : isOver(now, 2000, 1000)).toBe(over);
  });

  it('ends a wait when the clock was set back behind its beginning', () => {
    expect(isOver(999, 2000, 1000)).toBe(true);
    expect(isOver(2000 - 3_600_000, 2000, 1000)).toBe(true);
  });
});
