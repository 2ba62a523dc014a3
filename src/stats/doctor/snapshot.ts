import { setImmediate } from 'node:timers/promises';
import { GatewayTimeoutException } from '@nestjs/common';
import type { StoreClient, StoreCommand } from '@crs/store';
import { repliesOfRightType } from '../../core/store/batch-replies.js';

/**
 * The replies to reading commands that were carried out with nothing between; a key of another type counts as one that
 * is not there. Gives way to requests afterwards: the embedded store answers on the thread that relays them.
 *
 * @throws GatewayTimeoutException when the signal was aborted
 */
export async function readAtOnce(
  store: StoreClient,
  commands: readonly StoreCommand[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  if (signal.aborted) {
    throw new GatewayTimeoutException('Checking the books took too long. Ask for fewer days or one key.');
  }
  const replies = await repliesOfRightType(store.multi([...commands]));
  await setImmediate();
  return replies;
}
