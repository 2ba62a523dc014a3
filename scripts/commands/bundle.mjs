import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { runTool } from '../lib/child.mjs';
import { installEnvironment, withNodeFirst } from '../lib/environment.mjs';
import { explainFailure } from '../lib/explain.mjs';
import { packageDirs, SHORT_RETRIES } from '../lib/install.mjs';
import { LauncherError } from '../lib/launcher-error.mjs';
import { ROOT } from '../lib/paths.mjs';
import { prepare } from '../lib/prepare.mjs';
import { say } from '../lib/say.mjs';
import { ensurePnpm } from '../lib/toolchain.mjs';

const FROM_ROOT = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'LICENSE', 'dist'];
const FROM_PACKAGE = ['package.json', 'dist'];

function copy(names, from, to) {
  for (const name of names) {
    const source = join(from, name);
    if (existsSync(source)) cpSync(source, join(to, name), { recursive: true });
  }
}

/** Makes a folder with all that a server needs to run, and nothing else: the build and the production dependencies. */
export async function run([target]) {
  if (!target) throw new LauncherError('Usage: node scripts/run.mjs bundle FOLDER');
  const out = resolve(target);
  mkdirSync(out, { recursive: true });
  if (readdirSync(out).length > 0) throw new LauncherError(`${out} is not empty.`);
  const node = await prepare();
  const pnpm = await ensurePnpm(node);
  say(`Bundling into ${out}`);
  copy(FROM_ROOT, ROOT, out);
  for (const dir of packageDirs()) copy(FROM_PACKAGE, dir, join(out, relative(ROOT, dir)));
  const result = await runTool(node, [pnpm, 'install', '--prod', '--frozen-lockfile', ...SHORT_RETRIES], {
    cwd: out,
    env: withNodeFirst(installEnvironment(), node),
  });
  if (result.code !== 0) throw new LauncherError(explainFailure('Installing the production dependencies', result));
  return 0;
}
