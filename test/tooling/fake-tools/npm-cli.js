// Stands in for npm: "installs" the fake tools beside it, and notes that it was asked.
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { FAKE_CALLS, FAKE_NPM, FAKE_NODE } = process.env;
const args = process.argv.slice(2);
const spec = args.at(-1);
const [name, version] = spec.split('@');
const bin = join(args[args.indexOf('--prefix') + 1], 'node_modules', name, 'bin');
appendFileSync(FAKE_CALLS, `npm ${spec}\n`);

if (FAKE_NPM === 'offline') {
  console.error('npm error code ENOTFOUND');
  process.exit(1);
}
mkdirSync(bin, { recursive: true });
if (name === 'pnpm') {
  copyFileSync(join(dirname(fileURLToPath(import.meta.url)), 'pnpm.mjs'), join(bin, 'pnpm.mjs'));
} else {
  const said = FAKE_NPM === 'wrong-version' ? '22.0.0' : version;
  writeFileSync(
    join(bin, 'node'),
    `#!/bin/sh\n[ "$1" = --version ] && echo v${said} && exit\nexec ${FAKE_NODE} "$@"\n`,
  );
  chmodSync(join(bin, 'node'), 0o755);
}
if (FAKE_NPM === 'slow') {
  const timer = setInterval(() => {
    if (existsSync(`${FAKE_CALLS}.go`)) clearInterval(timer);
  }, 10);
}
