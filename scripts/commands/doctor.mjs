import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Checks the data of a gateway: `doctor usage` compares the books. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript('dist/cli.js', 'doctor', ...args), TIED);
}
