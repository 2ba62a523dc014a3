/**
 * The way in: `node scripts/run.mjs start | test | demo | bench | faults | storm | codex | doctor | migrate | bundle |
 * pnpm` and arguments.
 *
 * Runs on any Node.js >= 20 with nothing but npm beside it, and brings what else is needed: Node 24, pnpm, the
 * dependencies, the build. What is there already is not touched, so a later start is quick and needs no network.
 */
import { EXIT_FAILURE, LauncherError } from './lib/launcher-error.mjs';
import { OLDEST_LAUNCHER_NODE } from './lib/versions.mjs';

const COMMANDS = ['start', 'test', 'demo', 'bench', 'faults', 'storm', 'codex', 'doctor', 'migrate', 'bundle', 'pnpm'];

async function main([command, ...args]) {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_LAUNCHER_NODE) {
    throw new LauncherError(`Node.js ${process.version} is too old: install Node.js ${OLDEST_LAUNCHER_NODE} or newer.`);
  }
  if (!COMMANDS.includes(command)) {
    throw new LauncherError(`Usage: node scripts/run.mjs ${COMMANDS.join(' | ')} [arguments]`);
  }
  const { run } = await import(`./commands/${command}.mjs`);
  return await run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isKnown = error instanceof LauncherError;
  console.error(isKnown ? error.message : error);
  process.exitCode = isKnown ? error.exitCode : EXIT_FAILURE;
}
