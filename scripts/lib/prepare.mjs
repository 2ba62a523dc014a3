import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './install.mjs';
import { ensureNode } from './toolchain.mjs';

/** Brings everything that running needs, and returns the Node.js to run with. */
export async function prepare() {
  const node = await ensureNode();
  await ensureDependencies(node);
  await ensureBuild(node);
  return node;
}
