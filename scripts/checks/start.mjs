/**
 * Checks `npm start` as on a machine that knows nothing of the project: an empty home folder, NODE_ENV=production, no
 * settings. The second start must be quick.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { findFreePort, tryStart } from './try-start.mjs';

const FIRST_WITHIN_MS = 240_000;
const LATER_WITHIN_MS = 5_000;

const temporary = mkdtempSync(join(tmpdir(), 'crs-start-'));
const home = join(temporary, 'home');
mkdirSync(home);
try {
  for (const readyWithinMs of [FIRST_WITHIN_MS, LATER_WITHIN_MS]) {
    const port = await findFreePort();
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      NODE_ENV: 'production',
      PORT: String(port),
      DATA_DIR: join(temporary, 'data'),
    };
    const { readyMs } = await tryStart('npm', ['start'], { cwd: ROOT, env, port, readyWithinMs });
    console.log(`npm start served after ${readyMs} ms and ended when it was asked to.`);
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
