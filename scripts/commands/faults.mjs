import { runForeground } from '../lib/child.mjs';
import { TIED, tiedScript } from '../lib/gateway.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Every fault through the built gateway; `chaos` first: accounts that flap at random under load. */
export async function run(args) {
  const isChaos = args[0] === 'chaos';
  const node = await prepare();
  return await runForeground(
    node,
    tiedScript(isChaos ? 'bench/chaos.ts' : 'bench/faults.ts', ...args.slice(isChaos ? 1 : 0)),
    TIED,
  );
}
