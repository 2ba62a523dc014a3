import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { LauncherError } from '../lib/launcher-error.mjs';
import { prepare } from '../lib/prepare.mjs';

const BENCHES = ['relay', 'select', 'list', 'stats'];

/** Runs one benchmark, `relay` unless another is named; the other arguments go to it. */
export async function run(args) {
  const named = args.length > 0 && !args[0].startsWith('-');
  const name = named ? args[0] : 'relay';
  if (!BENCHES.includes(name)) throw new LauncherError(`There is no benchmark "${name}": ${BENCHES.join(' or ')}.`);
  const node = await prepare();
  return await runForeground(node, tiedScript(`bench/${name}.ts`, ...args.slice(named ? 1 : 0)), TIED);
}
