import type { StoreBatch } from '@crs/store';

/** A batch's replies in order. The first command that failed throws: half of what was asked for is nothing to go on with. */
export async function repliesOf(batch: StoreBatch): Promise<readonly unknown[]> {
  const pairs = await pairsOf(batch);
  return pairs.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

/** A batch's replies in order; a key of another type than the command expects counts as one that is not there. */
export async function repliesOfRightType(batch: StoreBatch): Promise<readonly unknown[]> {
  const pairs = await pairsOf(batch);
  return pairs.map(([error, reply]) => {
    if (error === null) return reply;
    if (error.message.startsWith('WRONGTYPE')) return null;
    throw error;
  });
}

async function pairsOf(batch: StoreBatch): Promise<readonly [error: Error | null, reply: unknown][]> {
  const pairs = await batch.exec();
  if (pairs === null) throw new Error('The store discarded a batch');
  return pairs;
}
