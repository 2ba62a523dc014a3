import type { Logger } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { TestClock } from '../../../test/support/test-clock.ts';
import { Alarm } from './alarm.js';

describe('Alarm', () => {
  it.each(['error', 'warn'] as const)(
    'says the first of each minute as %s, and how many it has kept to itself',
    (level) => {
      const clock = new TestClock(5_000);
      const logger = { error: jest.fn(), warn: jest.fn() };
      const sut = new Alarm(logger as unknown as Logger, clock, level);
      for (const at of [0, 1, 59_999, 60_000, 120_000]) {
        clock.ms = 5_000 + at;
        sut.raise({ msg: 'away', at });
      }
      expect(logger[level].mock.calls).toEqual([
        [{ msg: 'away', at: 0 }],
        [{ msg: 'away', at: 60_000, suppressed: 2 }],
        [{ msg: 'away', at: 120_000 }],
      ]);
      expect(logger[level === 'warn' ? 'error' : 'warn']).not.toHaveBeenCalled();
    },
  );

  it('is not silent for longer when the clock is set back', () => {
    const clock = new TestClock(3_600_000);
    const logger = { error: jest.fn() };
    const sut = new Alarm(logger as unknown as Logger, clock);
    sut.raise({ msg: 'away' });
    clock.ms = 0;
    sut.raise({ msg: 'away' });
    expect(logger.error).toHaveBeenCalledTimes(2);
  });
});
