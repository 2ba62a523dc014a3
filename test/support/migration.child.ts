import { migrateBetween, redisPlace } from './migration-run.js';

/** Carries database 0 of a server to database 1 of it, or to a file; prints a line for each step, then `done`. */
const [port = '', file = ''] = process.argv.slice(2);
const server = { host: '127.0.0.1', port: Number(port) };
const report = await migrateBetween(
  redisPlace(server, 0),
  file === '' ? redisPlace(server, 1) : { kind: 'embedded', file },
  { onProgress: (keys) => process.stdout.write(`${keys}\n`) },
);
process.stdout.write(`done ${report.keys} ${process.resourceUsage().maxRSS}\n`);
