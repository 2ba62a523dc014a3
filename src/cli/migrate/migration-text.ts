import type { ClassReport, CostDifference, Fate, MigrationReport } from './migration-report.js';

const FATES: readonly (readonly [fate: Fate, column: string])[] = [
  ['added', 'added'],
  ['changed', 'changed'],
  ['removed', 'removed'],
  ['kept', 'kept'],
  ['conflicts', 'in conflict'],
  ['same', 'same'],
];
const SHOWN = 50;

/** The report for a person at a terminal. */
export function migrationText(report: MigrationReport): string {
  const lines = [
    ...headOf(report),
    '',
    ...table([['', ...FATES.map(([, column]) => column)], ...report.classes.map(rowOf)]),
    ...section('For example', report.classes.flatMap(examplesOf)),
    ...section('Client keys whose settings differ (target -> source)', report.apiKeys.flatMap(keyLines)),
    ...section('Costs per day as they were before, USD (target -> source)', costLines(report.costs)),
    ...section('In conflict: changed on both sides, left as the target has it', report.conflicts),
    ...section('Kept: changed in the target only', report.kept),
    ...section(
      `Cannot be carried: ${counted(report.notCarriedTotal)}`,
      report.notCarried.map(({ key, reason }) => `${key}: ${reason}`),
    ),
    ...section(
      'Left out',
      report.leftOut.map(({ what, reason, keys }) => `${what} (${counted(keys)}): ${reason}`),
    ),
    ...section('Notes', [
      ...report.classes.flatMap(({ name, note }) => (note === null ? [] : [`${name}: ${note}`])),
      ...report.notes,
    ]),
    '',
    endOf(report),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

const counted = (keys: number): string => `${keys} key${keys === 1 ? '' : 's'}`;

const headOf = ({ dryRun, from, to, keys }: MigrationReport): string[] => [
  `${dryRun ? 'Dry run, nothing was written: from' : 'From'} ${from} to ${to}, ${counted(keys)}.`,
];

function endOf({ dryRun, isComplete, refusal, conflicts }: MigrationReport): string {
  if (!isComplete)
    return 'Stopped before the end. Nothing is lost: run the command again, and it goes on where it stopped.';
  if (refusal !== null) return `Without --dry-run this is refused. ${refusal}`;
  if (conflicts.length > 0) {
    return 'Keys in conflict were not touched. Say --overwrite to write them as the source has them.';
  }
  return dryRun ? 'Nothing stands against it.' : 'Done.';
}

const rowOf = (report: ClassReport): string[] => [report.name, ...FATES.map(([fate]) => String(report[fate]))];

const examplesOf = ({ name, names }: ClassReport): string[] =>
  FATES.flatMap(([fate, column]) => {
    const some = names[fate] ?? [];
    return some.length === 0 ? [] : [`${name}, ${column}: ${some.join(', ')}`];
  });

const keyLines = ({ id, name, fate, fields }: MigrationReport['apiKeys'][number]): string[] => [
  `"${name}" (${id}), ${fate}`,
  ...fields.map(({ field, before, after }) => `  ${field}: ${before ?? 'nothing'} -> ${after ?? 'nothing'}`),
];

const costLines = (costs: readonly CostDifference[]): string[] =>
  costs.map(({ day, keyId, source, target }) => {
    const change = source === target ? `${source}, the same` : `${target} -> ${source}`;
    return `${day}  ${keyId === null ? 'all keys' : `key ${keyId}`}: ${change}`;
  });

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - SHOWN;
  const rest = more > 0 ? [`  ... and ${more} more lines, see --json`] : [];
  return ['', `${title}:`, ...lines.slice(0, SHOWN).map((line) => `  ${line}`), ...rest];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const columns = ['', ...FATES].map((_, column) => rows.map((row) => String(row[column])));
  const padded = columns.map((cells, column) => {
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => (column === 0 ? cell.padEnd(width) : cell.padStart(width)));
  });
  return rows.map((_, row) => `  ${padded.map((cells) => cells[row]).join('  ')}`);
}

/** Names come from outside: they must not steer the terminal. */
const printable = (line: string): string => line.replace(/[\p{Cc}\p{Cf}]/gu, '?');
