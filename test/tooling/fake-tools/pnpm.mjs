// Stands in for pnpm: makes what an install and a build would leave, and notes that it was asked.
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';

const { FAKE_CALLS, FAKE_PNPM, FAKE_VERSION, NODE_ENV } = process.env;
const [command, ...rest] = process.argv.slice(2);

function put(path, text) {
  mkdirSync(path.replace(/\/[^/]*$/, ''), { recursive: true });
  writeFileSync(path, text);
}

function fail(text) {
  console.error(text);
  process.exit(1);
}

const GATEWAY = `
const open = setInterval(() => undefined, 1_000);
process.on('SIGTERM', () => { console.log('asked to stop'); clearInterval(open); });
console.log('up', process.env.NODE_ENV);
if (process.env.FAKE_EXIT) process.exit(Number(process.env.FAKE_EXIT));
`;
const JEST = `console.log(JSON.stringify([process.argv.slice(2), process.env.NODE_ENV, process.env.NODE_OPTIONS]));`;

if (command === '--version') {
  console.log(FAKE_VERSION);
} else if (command === 'install') {
  appendFileSync(FAKE_CALLS, `pnpm install ${rest.includes('--frozen-lockfile')} ${NODE_ENV}\n`);
  if (FAKE_PNPM === 'outdated') fail('ERR_PNPM_OUTDATED_LOCKFILE');
  if (FAKE_PNPM === 'full') fail('ENOSPC: no space left on device');
  if (FAKE_PNPM === 'odd') fail('something odd');
  put('node_modules/.modules.yaml', '');
  put('node_modules/jest/bin/jest.js', JEST);
} else {
  appendFileSync(FAKE_CALLS, `pnpm ${command} ${rest.join(' ')}\n`);
  rmSync('dist', { recursive: true, force: true });
  if (FAKE_PNPM === 'broken') fail('src/main.ts(1,1): error TS1005');
  put('libs/one/dist/index.js', '');
  put('dist/main.js', GATEWAY);
}
