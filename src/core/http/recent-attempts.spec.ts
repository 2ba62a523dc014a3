import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TestClock } from '../../../test/support/test-clock.js';
import { RecentAttempts } from './recent-attempts.js';

const TTL_MS = 60_000;
const LIMIT = 10;

describe('RecentAttempts', () => {
  it('never admits more than the limit in any span, and admits again exactly when it says', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, async (pauses) => {
        const clock = new TestClock(1_000_000);
        const sut = new RecentAttempts(clock);
        const admitted: number[] = [];
        for (const pause of pauses) {
          clock.ms += pause;
          const secondsBlocked = sut.secondsBlocked('a', TTL_MS, LIMIT);
          const { isBlocked, timeToBlockExpire } = await sut.increment('a', TTL_MS, LIMIT);
          expect(secondsBlocked).toBe(timeToBlockExpire);
          if (isBlocked) {
            expect(timeToBlockExpire).toBeGreaterThan(0);
            clock.ms += timeToBlockExpire * 1000;
            expect((await sut.increment('a', TTL_MS, LIMIT)).isBlocked).toBe(false);
          }
          admitted.push(clock.ms);
        }
        admitted.forEach((at, index) => {
          const ahead = admitted[index + LIMIT];
          expect(ahead === undefined || ahead - at >= TTL_MS).toBe(true);
        });
      }),
    );
  });

  it('counts each address for itself', async () => {
    const sut = new RecentAttempts(new TestClock(1_000_000));
    for (let i = 0; i < LIMIT; i += 1) await sut.increment('a', TTL_MS, LIMIT);
    expect(await sut.increment('a', TTL_MS, LIMIT)).toEqual({
      totalHits: 10,
      timeToExpire: 60,
      isBlocked: true,
      timeToBlockExpire: 60,
    });
    expect(await sut.increment('b', TTL_MS, LIMIT)).toEqual({
      totalHits: 1,
      timeToExpire: 60,
      isBlocked: false,
      timeToBlockExpire: 0,
    });
  });

  it('remembers ten thousand addresses, those that tried last', async () => {
    const sut = new RecentAttempts(new TestClock(1_000_000));
    const hits = async (key: string): Promise<number> => (await sut.increment(key, TTL_MS, 5)).totalHits;
    for (let i = 0; i < 9_999; i += 1) await hits(`other-${i}`);
    expect(await hits('mine')).toBe(1);
    expect(await hits('other-0')).toBe(2);
    await hits('new');
    expect(await hits('mine')).toBe(2);
    expect(await hits('other-1')).toBe(1);
  });
});
