import { openSqliteStore } from '../sqlite/sqlite-store.js';

/** Far more than any spec waits for; should nobody kill this process, it ends. */
const MOST = 100_000;

/** Writes three keys at a time and prints each number once it is acknowledged. Made to be killed on the way. */
const store = openSqliteStore(process.argv[2] ?? '');
process.stdout.write('open\n');
for (let number = 1; number <= MOST; number += 1) {
  await store
    .multi([
      ['set', 'last', number],
      ['hincrby', 'counters', 'writes', 1],
      ['lpush', 'list', number],
    ])
    .exec();
  process.stdout.write(`${number}\n`);
}
