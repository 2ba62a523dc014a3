import { delimiter, dirname } from 'node:path';

/** What npm tells its own children about this package; a second package manager below it would believe it. */
const OF_OUTER_NPM =
  /^npm_(package_|lifecycle_|config_(local_prefix|global_prefix|prefix|omit|only|include|production|dry_run|global)$)/i;

/** The environment for the package managers: nothing of an outer npm, no NODE_ENV (it would leave out what builds). */
export function installEnvironment() {
  const entries = Object.entries(process.env).filter(([name]) => !OF_OUTER_NPM.test(name) && name !== 'NODE_ENV');
  // Without a terminal pnpm would stop to ask before it replaces a node_modules that another version made.
  return { ...Object.fromEntries(entries), CI: 'true', NO_COLOR: '1' };
}

/** `environment` with the folder of `node` first on the search path, so that scripts find the same one. */
export function withNodeFirst(environment, node) {
  const name = Object.keys(environment).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...environment, [name]: [dirname(node), environment[name]].filter(Boolean).join(delimiter) };
}
