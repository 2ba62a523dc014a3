/**
 * Every fault that an upstream is known to have, through the built gateway, and what reaches the client. Prints a table
 * and ends with a code other than 0 when a cell fails. `npm run faults -- --help` lists the options.
 */
import { parseArgs } from 'node:util';
import { startBuiltGateway } from '../test/support/built-gateway.ts';
import { type ClientDialect, dialectsNamed, inChat } from '../test/support/client-dialects.ts';
import { faultsOf } from './faults/catalogue.ts';
import { type Bench, type Cell, runCell } from './faults/cell.ts';
import type { Judged } from './faults/judge.ts';
import { startSimulatorProcess } from './simulator-process.ts';

const HELP = 'npm run faults -- [--platform claude-console|codex|all] [--chat] [--only PART_OF_A_NAME]';
/** Bounds of the gateway, short enough that a fault that waits for one is told within seconds. */
const LIMITS = {
  UPSTREAM_FIRST_BYTE_TIMEOUT: '1500',
  UPSTREAM_IDLE_TIMEOUT: '1500',
  REQUEST_TIMEOUT: '6000',
  RELAY_HOLD_MS: '400',
};
const AT_ONCE = 6;

const COLUMNS: readonly Pick<Cell, 'stream' | 'reach'>[] = [
  { stream: true, reach: 'first' },
  { stream: true, reach: 'all' },
  { stream: false, reach: 'first' },
  { stream: false, reach: 'all' },
];
const CELL_WIDTH = 6;

interface Result {
  readonly cell: Cell;
  readonly judged: Judged;
}

async function runAll(bench: Bench, cells: readonly Cell[]): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cells.length; at = next++) {
      const cell = cells[at];
      if (cell !== undefined) results[at] = { cell, judged: await runCell(bench, cell) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** A row for each fault, and four columns for each platform. */
function printTable(dialects: readonly ClientDialect[], results: readonly Result[]): void {
  const names = [...new Set(results.map(({ cell }) => cell.fault.name))];
  const width = Math.max(...names.map((name) => name.length));
  const columns = dialects.flatMap((dialect) => COLUMNS.map((column) => ({ dialect, ...column })));
  const row = (name: string, cells: readonly string[]): void => {
    console.log([name.padEnd(width), ...cells.map((cell) => cell.padEnd(CELL_WIDTH))].join('  ').trimEnd());
  };
  const groupWidth = COLUMNS.length * (CELL_WIDTH + 2) - 2;
  console.log(
    ['', ...dialects.map(({ name }) => name)]
      .map((name, at) => name.padEnd(at === 0 ? width : groupWidth))
      .join('  ')
      .trimEnd(),
  );
  row(
    '',
    columns.map(({ stream }) => (stream ? 'stream' : 'whole')),
  );
  row(
    '',
    columns.map(({ reach }) => reach),
  );
  for (const name of names) {
    const ofRow = results.filter(({ cell }) => cell.fault.name === name);
    const verdictAt = ({ dialect, stream, reach }: (typeof columns)[number]): string =>
      ofRow.find(({ cell }) => cell.dialect === dialect && cell.stream === stream && cell.reach === reach)?.judged
        .verdict ?? '-';
    row(name, columns.map(verdictAt));
  }
}

/** How many cells have failed. */
function print(dialects: readonly ClientDialect[], results: readonly Result[]): number {
  printTable(dialects, results);
  const ofVerdict = (wanted: Judged['verdict']): readonly Result[] =>
    results.filter(({ judged }) => judged.verdict === wanted);
  for (const { cell, judged } of ofVerdict('fail')) {
    const { dialect, fault, stream, reach } = cell;
    console.log(`FAIL  ${dialect.name}: ${fault.name} (${stream ? 'stream' : 'whole'}, ${reach}): ${judged.why}`);
  }
  const count = (verdict: Judged['verdict']): number => ofVerdict(verdict).length;
  console.log(`${results.length} cells: ${count('pass')} pass, ${count('safe')} safe, ${count('fail')} fail`);
  return count('fail');
}

const OPTIONS = {
  only: { type: 'string', default: '' },
  platform: { type: 'string', default: 'all' },
  chat: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;
const { values } = parseArgs({ options: OPTIONS });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const named = dialectsNamed(values.platform);
const dialects = values.chat ? named.map(inChat) : named;
const cells = dialects.flatMap((dialect) =>
  faultsOf(dialect.name)
    .filter(({ name }) => name.includes(values.only))
    .flatMap((fault) => COLUMNS.map((column): Cell => ({ dialect, fault, ...column }))),
);
if (cells.length === 0) throw new Error(`No fault is named like "${values.only}". ${HELP}`);
const simulator = await startSimulatorProcess({});
const gateway = await startBuiltGateway({ env: LIMITS });
try {
  const bench = { admin: gateway.admin, gatewayUrl: gateway.url, simulator };
  const failed = print(dialects, await runAll(bench, cells));
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await gateway.stop();
  await simulator.stop();
}
