import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Carries data between versions: `migrate v1-to-v2`, and `--back`. */
export async function run(args) {
  const node = await prepare();
  return await runForeground(node, tiedScript('dist/cli.js', 'migrate', ...args), TIED);
}
