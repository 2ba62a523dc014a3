import { lockFile } from '../sqlite/file-lock.js';

/** Prints whether it got the lock, holds it and lives until it is killed. */
const lock = lockFile(process.argv[2] ?? '', { make: true });
process.stdout.write(lock === null ? 'refused\n' : 'locked\n');
setTimeout(() => lock?.release(), 60_000);
