/**
 * Every fault that an upstream is known to have, through the built gateway, and what reaches the client. Prints a table
 * and ends with a code other than 0 when a cell fails. `npm run faults -- --help` lists the options.
 */
import { parseArgs } from 'node:util';
import { startBuiltGateway } from '../test/support/built-gateway.ts';
import { FAULTS } from './faults/catalogue.ts';
import { type Bench, type Cell, runCell } from './faults/cell.ts';
import type { Judged } from './faults/judge.ts';
import { startSimulatorProcess } from './simulator-process.ts';

const HELP = 'npm run faults -- [--only PART_OF_A_NAME]';
/** Bounds of the gateway, short enough that a fault that waits for one is told within seconds. */
const LIMITS = {
  UPSTREAM_FIRST_BYTE_TIMEOUT: '1500',
  UPSTREAM_IDLE_TIMEOUT: '1500',
  REQUEST_TIMEOUT: '6000',
  RELAY_HOLD_MS: '400',
};
const AT_ONCE = 6;

const COLUMNS: readonly Omit<Cell, 'fault'>[] = [
  { stream: true, reach: 'first' },
  { stream: true, reach: 'all' },
  { stream: false, reach: 'first' },
  { stream: false, reach: 'all' },
];
const TITLES = ['stream, first', 'stream, all', 'whole, first', 'whole, all'];

async function runAll(bench: Bench, cells: readonly Cell[]): Promise<Judged[]> {
  const results: Judged[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cells.length; at = next++) {
      const cell = cells[at];
      if (cell !== undefined) results[at] = await runCell(bench, cell);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

function print(names: readonly string[], results: readonly Judged[]): number {
  const width = Math.max(...names.map((name) => name.length));
  const row = (name: string, cells: readonly string[]): void => {
    console.log([name.padEnd(width), ...cells.map((cell) => cell.padEnd(13))].join('  ').trimEnd());
  };
  row('', TITLES);
  const ofRow = (index: number): readonly Judged[] =>
    results.slice(index * COLUMNS.length, (index + 1) * COLUMNS.length);
  for (const [index, name] of names.entries())
    row(
      name,
      ofRow(index).map(({ verdict }) => verdict),
    );
  for (const [index, name] of names.entries()) {
    for (const [column, { verdict, why }] of ofRow(index).entries()) {
      if (verdict === 'fail') console.log(`FAIL  ${name} (${TITLES[column] ?? ''}): ${why}`);
    }
  }
  const count = (wanted: Judged['verdict']): number => results.filter(({ verdict }) => verdict === wanted).length;
  console.log(`${results.length} cells: ${count('pass')} pass, ${count('safe')} safe, ${count('fail')} fail`);
  return count('fail');
}

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', default: false } } });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const faults = FAULTS.filter(({ name }) => name.includes(values.only ?? ''));
if (faults.length === 0) throw new Error(`No fault is named like "${values.only ?? ''}". ${HELP}`);
const simulator = await startSimulatorProcess({});
const gateway = await startBuiltGateway({ env: LIMITS });
try {
  const bench = { admin: gateway.admin, gatewayUrl: gateway.url, simulator };
  const cells = faults.flatMap((fault) => COLUMNS.map((column) => ({ fault, ...column })));
  const failed = print(
    faults.map(({ name }) => name),
    await runAll(bench, cells),
  );
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await gateway.stop();
  await simulator.stop();
}
