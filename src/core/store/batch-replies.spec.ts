import { describe, expect, it } from '@jest/globals';
import type { BatchReplies, StoreBatch } from '@crs/store';
import { repliesOf, repliesOfRightType } from './batch-replies.js';

const batch = (replies: BatchReplies): StoreBatch => ({ exec: () => Promise.resolve(replies) });
const wrongType = new Error('WRONGTYPE Operation against a key holding the wrong kind of value');

describe('repliesOf', () => {
  it('gives the replies in order', async () => {
    expect(
      await repliesOf(
        batch([
          [null, 1],
          [null, 'b'],
        ]),
      ),
    ).toEqual([1, 'b']);
  });

  it('throws what any command was refused for', async () => {
    await expect(
      repliesOf(
        batch([
          [null, 1],
          [wrongType, undefined],
        ]),
      ),
    ).rejects.toBe(wrongType);
  });

  it('throws when the store has discarded the batch', async () => {
    await expect(repliesOf(batch(null))).rejects.toThrow('discarded');
  });
});

describe('repliesOfRightType', () => {
  it('takes a key of another type for one that is not there', async () => {
    expect(
      await repliesOfRightType(
        batch([
          [wrongType, undefined],
          [null, 'b'],
        ]),
      ),
    ).toEqual([null, 'b']);
  });

  it('throws any other refusal', async () => {
    const busy = new Error('LOADING Redis is loading the dataset in memory');
    await expect(repliesOfRightType(batch([[busy, undefined]]))).rejects.toBe(busy);
  });
});
