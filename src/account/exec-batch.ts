import type { StoreBatch } from '@crs/store';

/** The replies of a batch, in order. Throws the first error that a command was refused with. */
export async function execBatch(batch: StoreBatch): Promise<readonly unknown[]> {
  return ((await batch.exec()) ?? discarded()).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

function discarded(): never {
  throw new Error('The store discarded a batch');
}
