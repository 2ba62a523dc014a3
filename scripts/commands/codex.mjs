import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** The real Codex command line, fetched from the registry, through the built gateway. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript('bench/codex.ts', ...args), TIED);
}
