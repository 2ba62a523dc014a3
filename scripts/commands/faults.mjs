import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** What may stand first instead of the table of faults. */
const OTHERS = { abort: 'bench/abort.ts', chaos: 'bench/chaos.ts' };

/** Every fault through the built gateway; `abort`: clients that leave; `chaos`: accounts that flap under load. */
export async function run([first, ...rest]) {
  const other = Object.hasOwn(OTHERS, first ?? '') ? OTHERS[first] : null;
  const args = other === null ? [first, ...rest].filter((arg) => arg !== undefined) : rest;
  const node = await prepare();
  return await runForeground(node, tiedScript(other ?? 'bench/faults.ts', ...args), TIED);
}
