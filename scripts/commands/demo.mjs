import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Runs the gateway with a simulated upstream until it is told to stop. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript('scripts/demo.ts', ...args), TIED);
}
