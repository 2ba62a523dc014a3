import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** The gateway and its Redis are killed under load, and the books are held against what clients and upstream saw. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript('bench/storm.ts', ...args), TIED);
}
