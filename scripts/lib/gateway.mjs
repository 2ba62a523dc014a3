import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const END_WITH_PARENT = new URL('./end-with-parent.mjs', import.meta.url).href;

/** Arguments to Node.js that run `script` and end it when the launcher dies. */
export function tiedScript(script, ...args) {
  return ['--import', END_WITH_PARENT, join(ROOT, script), ...args];
}

export const GATEWAY_SCRIPT = 'dist/main.js';

/**
 * How the gateway is spawned. The channel tells it when the launcher dies. It gets a process group of its own because a
 * Ctrl-C reaches the whole group of the terminal: it would hear it twice, once from there and once from the launcher.
 */
export const TIED = {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  detached: process.platform !== 'win32',
};
