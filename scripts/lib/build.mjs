import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installEnvironment, withNodeFirst } from './environment.mjs';
import { filesBelow, fingerprint, readStamp } from './fingerprint.mjs';
import { packageDirs } from './install.mjs';
import { LauncherError } from './launcher-error.mjs';
import { runLockedTool, withLock } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { say } from './say.mjs';
import { ensurePnpm } from './toolchain.mjs';

/** Written when a build has succeeded; the build empties dist first, so one that was killed leaves none. */
const STAMP = join(ROOT, 'dist', '.crs-build-stamp');
const ENTRY = join(ROOT, 'dist', 'main.js');
const IS_SPEC = /\.(e2e-)?spec\.ts$/;

function wantedStamp() {
  const sources = [join(ROOT, 'src'), ...packageDirs()].flatMap(filesBelow).filter((path) => !IS_SPEC.test(path));
  const settings = readdirSync(ROOT)
    .filter((name) => /^(tsconfig.*|nest-cli|package)\.json$/.test(name) || name === 'pnpm-lock.yaml')
    .map((name) => join(ROOT, name));
  return fingerprint(ROOT, [...sources, ...settings]);
}

function unbuiltPackages() {
  return packageDirs().filter((dir) => !existsSync(join(dir, 'dist')));
}

function isBuilt() {
  return existsSync(ENTRY) && unbuiltPackages().length === 0 && readStamp(STAMP) === wantedStamp();
}

/** Builds the gateway and its packages when their sources are not those of the last build. */
export async function ensureBuild(node) {
  if (isBuilt()) return;
  await withLock(async () => {
    if (isBuilt()) return;
    const pnpm = await ensurePnpm(node);
    say('Building');
    rmSync(STAMP, { force: true });
    // Taken before the build: a file that is saved meanwhile must lead to another one.
    const stamp = wantedStamp();
    const env = withNodeFirst(installEnvironment(), node);
    const { code, output } = await runLockedTool(node, [pnpm, 'run', 'build'], { cwd: ROOT, env });
    if (code !== 0 || !existsSync(ENTRY))
      throw new LauncherError(`The build failed with code ${code}:\n${output.trim()}`);
    writeFileSync(STAMP, `${stamp}\n`);
  });
}
