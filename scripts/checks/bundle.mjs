/** Checks what the image is made of, by the same steps: the bundle has no development tools in it, and it runs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { ensureNode } from '../lib/toolchain.mjs';
import { findFreePort, tryStart } from './try-start.mjs';

const DEVELOPMENT_TOOLS = ['jest', 'typescript', 'eslint', '@nestjs/cli'];
const READY_WITHIN_MS = 30_000;
/** Ended by itself, or by the signal it was sent after it had tidied up. */
const CLEAN_ENDS = ['0 null', '143 null', 'null SIGTERM'];

const temporary = mkdtempSync(join(tmpdir(), 'crs-bundle-'));
const bundle = join(temporary, 'app');
try {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'run.mjs'), 'bundle', bundle], { stdio: 'inherit' });
  const present = DEVELOPMENT_TOOLS.filter((name) => existsSync(join(bundle, 'node_modules', name)));
  if (present.length > 0) throw new Error(`The bundle contains development tools: ${present.join(', ')}`);
  const port = await findFreePort();
  const env = { NODE_ENV: 'production', PORT: String(port), DATA_DIR: join(temporary, 'data'), HOME: temporary };
  const { readyMs, code, signal, output } = await tryStart(await ensureNode(), ['dist/main.js'], {
    cwd: bundle,
    env,
    port,
    readyWithinMs: READY_WITHIN_MS,
  });
  if (!CLEAN_ENDS.includes(`${code} ${signal}`)) throw new Error(`It ended with ${code} ${signal}:\n${output}`);
  console.log(`The bundle served after ${readyMs} ms and ended cleanly.`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
