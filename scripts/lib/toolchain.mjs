import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installEnvironment } from './environment.mjs';
import { explainFailure } from './explain.mjs';
import { readStamp } from './fingerprint.mjs';
import { LauncherError } from './launcher-error.mjs';
import { runLockedTool, withLock } from './lock.mjs';
import { TOOLCHAIN_DIR } from './paths.mjs';
import { say } from './say.mjs';
import { isNodeNewEnough, NODE_VERSION, nodePackageFor, PNPM_VERSION } from './versions.mjs';

const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--no-package-lock', '--loglevel=error'];
const UNFINISHED = '.unfinished-';

/** npm as the one that runs us knows it, else the one on the search path. */
function npmCommand() {
  const execPath = process.env.npm_execpath ?? '';
  if (basename(execPath) === 'npm-cli.js' && existsSync(execPath)) return [process.execPath, [execPath]];
  const beside = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(beside) ? [process.execPath, [beside]] : ['npm', []];
}

function removeUnfinished() {
  for (const name of readdirSync(TOOLCHAIN_DIR)) {
    if (name.startsWith(UNFINISHED)) rmSync(join(TOOLCHAIN_DIR, name), { recursive: true, force: true });
  }
}

/**
 * Puts one package into a folder of its own. It is installed beside its place, checked, stamped and then renamed, so
 * that a run which is killed on the way leaves nothing that looks finished.
 */
async function fetchPackage(dir, spec, check) {
  mkdirSync(TOOLCHAIN_DIR, { recursive: true });
  removeUnfinished();
  const temporary = join(TOOLCHAIN_DIR, `${UNFINISHED}${process.pid}`);
  mkdirSync(temporary);
  // npm looks for a package.json upwards and would take the project's own.
  writeFileSync(join(temporary, 'package.json'), '{"private":true}\n');
  const [command, first] = npmCommand();
  const args = [...first, 'install', '--ignore-scripts', '--include=optional', '--prefix', temporary, ...QUIET, spec];
  const result = await runLockedTool(command, args, { cwd: temporary, env: installEnvironment() });
  if (result.code !== 0) throw new LauncherError(explainFailure(`Fetching ${spec}`, result));
  await check(temporary);
  writeFileSync(join(temporary, '.stamp'), `${stampOf(spec)}\n`);
  rmSync(dir, { recursive: true, force: true });
  renameSync(temporary, dir);
}

/** A folder shared between machines (a mounted volume) may hold another machine's binaries. */
function stampOf(spec) {
  return `${spec} ${process.platform}-${process.arch}`;
}

async function ensurePackage(spec, executable, check) {
  const dir = join(TOOLCHAIN_DIR, spec.replace('@', '-'));
  const isThere = () => readStamp(join(dir, '.stamp')) === stampOf(spec) && existsSync(join(dir, executable));
  if (!isThere()) {
    await withLock(async () => {
      if (isThere()) return;
      say(`Fetching ${spec} into .toolchain (once)`);
      await fetchPackage(dir, spec, (at) => check(join(at, executable)));
    });
  }
  return join(dir, executable);
}

async function checkVersion(what, command, args, expected) {
  const { code, output } = await runLockedTool(command, args, { env: installEnvironment() });
  const said = output.trim().replace(/^v/, '');
  if (code !== 0 || said !== expected) {
    throw new LauncherError(
      `The ${what} that was fetched does not run on this machine (it said: ${said.slice(0, 200) || `code ${code}`}). ` +
        `Install Node.js 24 and try again.`,
    );
  }
}

/** Path of a Node.js that can run the gateway; fetched when this one is too old. */
export async function ensureNode() {
  if (isNodeNewEnough(process.version)) return process.execPath;
  const source = nodePackageFor(process.platform, process.arch);
  if (!source) {
    throw new LauncherError(
      `This is Node.js ${process.version}; the gateway needs Node.js 24 (${NODE_VERSION} is known to work), and it ` +
        `cannot be fetched for ${process.platform}-${process.arch}. Install Node.js 24 and try again.`,
    );
  }
  const executable = join('node_modules', source.name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return await ensurePackage(`${source.name}@${source.version}`, executable, (node) =>
    checkVersion('Node.js', node, ['--version'], source.version),
  );
}

/** Path of pnpm's entry script, to be run by `node`; fetched when it is not there. */
export async function ensurePnpm(node) {
  const script = join('node_modules', 'pnpm', 'bin', 'pnpm.mjs');
  return await ensurePackage(`pnpm@${PNPM_VERSION}`, script, (pnpm) =>
    checkVersion('pnpm', node, [pnpm, '--version'], PNPM_VERSION),
  );
}
