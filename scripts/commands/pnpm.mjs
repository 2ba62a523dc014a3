import { runForeground } from '../lib/child.mjs';
import { withNodeFirst } from '../lib/environment.mjs';
import { ensureDependencies } from '../lib/install.mjs';
import { ROOT } from '../lib/paths.mjs';
import { ensureNode, ensurePnpm } from '../lib/toolchain.mjs';

/** Runs the pinned pnpm under the right Node.js: `node scripts/run.mjs pnpm lint`. */
export async function run(args) {
  const node = await ensureNode();
  await ensureDependencies(node);
  const pnpm = await ensurePnpm(node);
  return await runForeground(node, [pnpm, ...args], {
    cwd: ROOT,
    env: withNodeFirst({ ...process.env, NODE_ENV: undefined }, node),
  });
}
