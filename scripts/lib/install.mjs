import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installEnvironment, withNodeFirst } from './environment.mjs';
import { explainFailure } from './explain.mjs';
import { fingerprint, readStamp } from './fingerprint.mjs';
import { LauncherError } from './launcher-error.mjs';
import { runLockedTool, withLock } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { say } from './say.mjs';
import { ensurePnpm } from './toolchain.mjs';

const STAMP = join(ROOT, 'node_modules', '.crs-install-stamp');

/** pnpm's own waits add up to many minutes before it admits that there is no network. */
export const SHORT_RETRIES = ['retries=1', 'retry-mintimeout=2000', 'retry-maxtimeout=5000'].map(
  (x) => `--config.fetch-${x}`,
);

/** Folders of the workspace's packages. */
export function packageDirs() {
  const libs = join(ROOT, 'libs');
  return readdirSync(libs)
    .map((name) => join(libs, name))
    .filter((dir) => existsSync(join(dir, 'package.json')));
}

function wantedStamp() {
  const manifests = packageDirs().map((dir) => join(dir, 'package.json'));
  const own = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(ROOT, name));
  return fingerprint(ROOT, [...own, ...manifests], process.platform, process.arch);
}

/** A package that depends on something has a node_modules of its own. */
function hasItsModules(dir) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  return Object.keys(dependencies).length === 0 || existsSync(join(dir, 'node_modules'));
}

function isInstalled() {
  return (
    readStamp(STAMP) === wantedStamp() &&
    existsSync(join(ROOT, 'node_modules', '.modules.yaml')) &&
    packageDirs().every(hasItsModules)
  );
}

/** Installs what pnpm-lock.yaml says, development tools included: the build needs them. */
export async function ensureDependencies(node) {
  if (isInstalled()) return;
  await withLock(async () => {
    if (isInstalled()) return;
    const pnpm = await ensurePnpm(node);
    say('Installing the dependencies');
    rmSync(STAMP, { force: true });
    const result = await runLockedTool(node, [pnpm, 'install', '--frozen-lockfile', '--prod=false', ...SHORT_RETRIES], {
      cwd: ROOT,
      env: withNodeFirst(installEnvironment(), node),
    });
    if (result.code !== 0) throw new LauncherError(explainFailure('Installing the dependencies', result));
    writeFileSync(STAMP, `${wantedStamp()}\n`);
  });
}
