import { SystemClock } from '../../time/clock.js';
import { FileJournal } from '../file-journal.js';
import { emptySettlement, reportOf, settlementOf } from './any-note.js';
import { testConfig } from '../../../../test/support/test-config.js';

/** Far more than any spec waits for; should nobody kill this process, it ends. */
const MOST = 20_000;

/**
 * Settles every even request, ends every fourth one with nothing to book, leaves the odd ones open, and prints each
 * number once its notes were taken. Made to be killed on the way.
 */
const journal = new FileJournal(testConfig({ dataDir: process.argv[2] ?? '' }), new SystemClock());
journal.onModuleInit();
journal.belongsTo('store-of-the-child');
process.stdout.write(`${journal.instance}\n`);
for (let number = 1; number <= MOST; number += 1) {
  const id = `r-${number}`;
  journal.dispatched(reportOf(id));
  if (number % 4 === 0) journal.settled(emptySettlement(id));
  else if (number % 2 === 0) journal.settled(settlementOf(id));
  process.stdout.write(`${number}\n`);
  if (number % 100 === 0) await new Promise(setImmediate);
}
