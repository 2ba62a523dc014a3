import { join } from 'node:path';
import { runForeground } from '../lib/child.mjs';
import { withNodeFirst } from '../lib/environment.mjs';
import { ROOT } from '../lib/paths.mjs';
import { prepare } from '../lib/prepare.mjs';

/** Runs the tests; arguments go to jest. */
export async function run(args) {
  const node = await prepare();
  const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, NODE_ENV: 'test', NODE_OPTIONS: options.filter(Boolean).join(' ') };
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  return await runForeground(node, [jest, ...args], { cwd: ROOT, env: withNodeFirst(env, node) });
}
