import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from './recent-map.js';

type Use = readonly [kind: 'get' | 'set' | 'delete', name: string];

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const uses: fc.Arbitrary<Use[]> = fc.array(
  fc.tuple(fc.constantFrom('get' as const, 'set' as const, 'delete' as const), fc.constantFrom(...NAMES)),
);

describe('RecentMap', () => {
  it('keeps what was used last, whatever the order of uses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), uses, (most, history) => {
        const sut = new RecentMap<number>(most);
        let model: [string, number][] = [];
        for (const [at, [kind, name]] of history.entries()) {
          const found = model.find(([known]) => known === name);
          model = model.filter(([known]) => known !== name);
          if (kind === 'get') {
            expect(sut.get(name)).toBe(found?.[1]);
            if (found !== undefined) model.push(found);
          } else if (kind === 'set') {
            sut.set(name, at);
            model = [...model, [name, at] satisfies [string, number]].slice(-most);
          } else {
            sut.delete(name);
          }
        }
        for (const name of NAMES) expect(sut.get(name)).toBe(model.find(([known]) => known === name)?.[1]);
      }),
    );
  });
});
