import { describe, expect, it } from '@jest/globals';
import { toAccountId, type UpstreamAccount } from '@crs/extension-api';
import fc from 'fast-check';
import { testAccount } from '../../test/support/test-account.ts';
import { LoadBalancer } from './load-balancer.js';

const candidate = (id: string, priority = 50, change: Partial<UpstreamAccount> = {}): { account: UpstreamAccount } => ({
  account: testAccount({ id: toAccountId(id), priority, ...change }),
});

const pickIds = (sut: LoadBalancer, candidates: { account: UpstreamAccount }[], times: number): string[] =>
  Array.from({ length: times }, () => String(sut.pick(candidates)?.account.id));

const rankIds = (sut: LoadBalancer, candidates: { account: UpstreamAccount }[]): string[] =>
  sut.rank(candidates).map(({ account }) => account.id);

describe('LoadBalancer', () => {
  it('has nothing to pick from nothing', () => {
    expect(new LoadBalancer().pick([])).toBeNull();
    expect(new LoadBalancer().rank([])).toEqual([]);
  });

  it('puts priority before turns, and uses up no turn by saying so', () => {
    const sut = new LoadBalancer();
    const candidates = [candidate('a'), candidate('late', 90), candidate('b'), candidate('early', 10)];
    sut.noteTurn(candidate('a').account);
    expect(rankIds(sut, candidates)).toEqual(['early', 'b', 'a', 'late']);
    expect(rankIds(sut, candidates)).toEqual(['early', 'b', 'a', 'late']);
    expect(candidates.map(({ account }) => account.id)).toEqual(['a', 'late', 'b', 'early']);
  });

  it('picks the lowest priority number only', () => {
    expect(pickIds(new LoadBalancer(), [candidate('a', 50), candidate('b', 10), candidate('c', 60)], 3)).toEqual([
      'b',
      'b',
      'b',
    ]);
  });

  it('takes turns inside one priority, older accounts first', () => {
    const candidates = [
      candidate('new', 50, { createdAt: new Date(2_000) }),
      candidate('old', 50, { createdAt: new Date(1_000) }),
      candidate('unknown-b', 50, { createdAt: null }),
      candidate('unknown-a', 50, { createdAt: null }),
    ];
    expect(pickIds(new LoadBalancer(), candidates, 5)).toEqual(['unknown-a', 'unknown-b', 'old', 'new', 'unknown-a']);
  });

  it('stays fair when an account was left out for a while', () => {
    const sut = new LoadBalancer();
    const [a, b, c] = [candidate('a'), candidate('b'), candidate('c')];
    expect(pickIds(sut, [a, b, c], 3)).toEqual(['a', 'b', 'c']);
    expect(pickIds(sut, [a, b], 2)).toEqual(['a', 'b']);
    expect(pickIds(sut, [a, b, c], 2)).toEqual(['c', 'a']);
  });

  it('goes on from the same turns in a copy, each by itself', () => {
    const sut = new LoadBalancer();
    const candidates = [candidate('a'), candidate('b'), candidate('c')];
    pickIds(sut, candidates, 1);
    const copy = sut.copy();
    expect(pickIds(copy, candidates, 2)).toEqual(['b', 'c']);
    expect(pickIds(sut, candidates, 3)).toEqual(['b', 'c', 'a']);
    expect(pickIds(copy, candidates, 1)).toEqual(['a']);
  });

  it('gives every account of the best priority the same share', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (ids, rounds) => {
          const picked = pickIds(
            new LoadBalancer(),
            ids.map((id) => candidate(id)),
            ids.length * rounds,
          );
          for (const id of ids) expect(picked.filter((one) => one === id)).toHaveLength(rounds);
        },
      ),
    );
  });
});
