import { setImmediate } from 'node:timers/promises';
import { GatewayTimeoutException } from '@nestjs/common';
import type { StoreClient, StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../../core/store/batch-replies.js';

/** The embedded store answers a batch at once, on the thread that also relays requests: it must come to an end soon. */
const CHUNK_SIZE = 50;

/**
 * The replies to many reading commands, in order; a key of another type counts as one that is not there.
 *
 * @throws GatewayTimeoutException when the signal is aborted before all was read
 */
export async function readInChunks(
  store: StoreClient,
  commands: readonly StoreCommand[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const replies: unknown[] = [];
  for (let at = 0; at < commands.length; at += CHUNK_SIZE) {
    if (signal.aborted) {
      throw new GatewayTimeoutException('Reading the statistics took too long. Ask again, or for a shorter span.');
    }
    for (const reply of await repliesOfRightType(store.pipeline(commands.slice(at, at + CHUNK_SIZE)))) {
      replies.push(reply);
    }
    await setImmediate();
  }
  return replies;
}
