import { openSqliteStore } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CONSOLE_KIND, putAccounts, v1ConsoleRecord } from '../../test/support/account-fixture.js';
import { AccountMarkRepository } from './account-mark.repository.js';
import type { Recovery } from './account-state.js';
import { FULL_AFTER, RECOVERY_MS, shareOf } from './recovery-ramp.js';
import { readMarks } from './stored-marks.js';

const START = Date.parse('2026-11-23T04:00:00.000Z');
const MARKS = 'v2:account:marks:claude-console:a';

const recovery = (served: number): Recovery => ({
  since: new Date(START),
  until: new Date(START + RECOVERY_MS),
  served,
});

describe('shareOf', () => {
  it('doubles with each request that was served', () => {
    expect(Array.from({ length: FULL_AFTER }, (_, served) => shareOf(recovery(served), START))).toEqual([
      1, 2, 4, 8, 16,
    ]);
  });

  it.each([
    ['there is no recovery', null, START],
    ['it has not begun', recovery(0), START - 1],
    ['it is over', recovery(0), START + RECOVERY_MS],
  ])('bounds nothing where %s', (_, sut, now) => {
    expect(shareOf(sut, now)).toBeNull();
  });

  it('bounds until the last moment', () => {
    expect(shareOf(recovery(0), START + RECOVERY_MS - 1)).toBe(1);
  });
});

/** What happens to an account. */
type Happening =
  | { readonly kind: 'fails'; readonly seconds: number }
  | { readonly kind: 'serves' }
  | { readonly kind: 'rests'; readonly seconds: number };

const seconds = fc.constantFrom(1, 60, 300, 599, 600, 601, 3600);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fails' as const), seconds }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'serves' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rests' as const), seconds }) },
);

/** The same in words: since the end of the last mark an account has served so many requests. */
class PlainAccount {
  private backAt: number | null = null;
  private served = 0;

  undergo(what: Happening, now: number): void {
    if (what.kind === 'fails') {
      this.backAt = Math.max(this.isForgotten(now) ? 0 : (this.backAt ?? 0), now + what.seconds * 1000);
      this.served = 0;
    }
    if (what.kind === 'serves' && this.backAt !== null && now >= this.backAt) this.served += 1;
  }

  shareAt(now: number): number | null {
    if (this.backAt === null || now < this.backAt || this.isForgotten(now) || this.served >= 5) return null;
    return [1, 2, 4, 8, 16][this.served] ?? null;
  }

  private isForgotten(now: number): boolean {
    return this.backAt !== null && now >= this.backAt + 10 * 60 * 1000;
  }
}

describe('the recovery of an account', () => {
  it('goes as it is told, whatever happens in which order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
        let now = START;
        const store = openSqliteStore(':memory:', { now: () => now });
        const sut = new AccountMarkRepository(store);
        const model = new PlainAccount();
        await putAccounts(store, CONSOLE_KIND, v1ConsoleRecord({ id: 'a' }));
        for (const what of happenings) {
          if (what.kind === 'rests') now += what.seconds * 1000;
          if (what.kind === 'serves') await sut.noteServed(CONSOLE_KIND, 'a', now);
          if (what.kind === 'fails') {
            await sut.apply(CONSOLE_KIND, 'a', {
              at: new Date(now),
              coolDown: null,
              named: null,
              recoveryUntil: new Date(now + what.seconds * 1000 + RECOVERY_MS),
              historyEntry: '{}',
              isRateLimit: false,
            });
          }
          model.undergo(what, now);
          const stored = readMarks(null, await store.hgetall(MARKS), now).recovery;
          expect(shareOf(stored, now)).toBe(model.shareAt(now));
        }
        await store.quit();
      }),
      { numRuns: 200 },
    );
  });
});
