import { runForeground } from '../lib/child.mjs';
import { GATEWAY_SCRIPT, TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Runs the gateway until it is told to stop. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript(GATEWAY_SCRIPT, ...args), TIED);
}
