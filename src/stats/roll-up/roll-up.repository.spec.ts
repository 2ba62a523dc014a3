import { describe, expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnEachStore } from '../../../test/support/each-store.js';
import { addFigures, NO_FIGURES } from './figures.js';
import { RollUpRepository } from './roll-up.repository.js';

const never = new AbortController().signal;
const { rollUp } = keys.usage;
const used = (requests: number, inputTokens: number) => ({ ...NO_FIGURES, requests, inputTokens });

describeOnEachStore('RollUpRepository', (store) => {
  const sut = () => new RollUpRepository(store());
  const hash = rollUp.totals('day', '2026-11-23', 'model');

  it('gives the fields of hashes in the order in which they were asked for', async () => {
    await store().hset(hash, { sonnet: '2 100', haiku: '1 7 0 0 0 0 0 0 0 0 0' });
    const other = rollUp.totals('day', '2026-11-22', 'model');
    await store().hset(other, { opus: '3' });
    const missing = rollUp.totals('day', '2026-11-21', 'model');
    const read = await sut().read(
      [missing, other, hash].map((key) => ({ key, fields: null })),
      never,
    );
    expect(read.map((fields) => Object.fromEntries(fields))).toEqual([
      {},
      { opus: used(3, 0) },
      { sonnet: used(2, 100), haiku: used(1, 7) },
    ]);
  });

  it('gives only the fields that are asked for', async () => {
    await store().hset(hash, { sonnet: '2 100', haiku: '1 7', opus: '5' });
    const reads = [
      { key: hash, fields: ['haiku', 'none', 'sonnet'] },
      { key: rollUp.totals('day', '2026-11-21', 'model'), fields: ['haiku'] },
    ];
    await expect(sut().read(reads, never)).resolves.toEqual([
      [
        ['haiku', used(1, 7)],
        ['sonnet', used(2, 100)],
      ],
      [],
    ]);
  });

  it('leaves out what is damaged', async () => {
    await store().hset(hash, { sonnet: '2 100', broken: 'x', half: '1 ' });
    const text = rollUp.totals('day', '2026-11-22', 'model');
    await store().set(text, 'no hash');
    const reads = [
      { key: hash, fields: null },
      { key: text, fields: null },
      { key: text, fields: ['sonnet'] },
    ];
    await expect(sut().read(reads, never)).resolves.toEqual([[['sonnet', used(2, 100)]], [], []]);
  });

  it('reads more hashes than fit into one batch', async () => {
    const days = Array.from({ length: 130 }, (_, n) => `day-${n}`);
    for (const [n, day] of days.entries()) await store().hset(rollUp.totals('day', day, 'key'), { id: `${n + 1}` });
    const reads = days.map((day) => ({ key: rollUp.totals('day', day, 'key'), fields: null }));
    const tables = await sut().read(reads, never);
    expect(tables.map(([field]) => field?.[1].requests)).toEqual(days.map((_, n) => n + 1));
    expect(tables.flat().reduce((sum, [, figures]) => addFigures(sum, figures), NO_FIGURES).requests).toBe(8515);
  });

  it('stops when nobody waits any more', async () => {
    const reads = [{ key: hash, fields: null }];
    await expect(sut().read(reads, AbortSignal.abort())).rejects.toMatchObject({ status: 504 });
    await expect(sut().read([], AbortSignal.abort())).resolves.toEqual([]);
  });

  it('says since when there are roll-ups', async () => {
    await expect(sut().readSince()).resolves.toBeNull();
    await store().set(rollUp.since, '2026-11-20');
    await expect(sut().readSince()).resolves.toBe('2026-11-20');
  });
});

describe('a store that discards a batch', () => {
  it('is an error, not an empty statistic', async () => {
    const store = { pipeline: () => ({ exec: async () => null }) };
    const sut = new RollUpRepository(store as never);
    await expect(sut.read([{ key: 'k', fields: null }], never)).rejects.toThrow('discarded');
  });
});
