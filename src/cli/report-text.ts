import type { Difference, ReadValue } from '../stats/doctor/difference.js';
import type { DoctorReport } from '../stats/doctor/usage-doctor.js';

const HEADER = ['period', 'whose', 'figure', 'here', 'there'];

/** The report for a person at a terminal: differences by check, each with its hint once. */
export function reportText(report: DoctorReport): string {
  const { from, to, keys, total, differences, notes } = report;
  const lines = [
    `Books from ${from} to ${to}, ${counted(keys, 'key')}: ${total === 0 ? 'no difference' : counted(total, 'difference')}.`,
  ];
  for (const [check, ofCheck] of Map.groupBy(differences, (difference) => difference.check)) {
    lines.push('', `${check}: ${ofCheck[0]?.hint ?? ''}`, ...table([HEADER, ...ofCheck.map(rowOf)]));
  }
  if (total > differences.length) {
    lines.push('', `${total - differences.length} more are not shown: ask for fewer days, or one key.`);
  }
  if (notes.length > 0) lines.push('', ...notes.map((note) => `Note: ${note}`));
  return `${lines.map(printable).join('\n')}\n`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const rowOf = (difference: Difference): string[] => [
  difference.period,
  whoseOf(difference),
  difference.figure,
  placeOf(difference.left),
  placeOf(difference.right),
];

function whoseOf({ keyId, keyName, accountId, model }: Difference): string {
  const key = keyId === null ? [] : [`key ${keyName === null ? keyId : `"${keyName}"`}`];
  const account = accountId === null ? [] : [`account ${accountId}`];
  const parts = [...key, ...account, ...(model === null ? [] : [model])];
  return parts.length === 0 ? 'all keys' : parts.join(', ');
}

const placeOf = ({ source, value }: ReadValue): string => `${value ?? 'no number'} in ${source}`;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

/** Names of models come from outside: they must not steer the terminal. */
const printable = (line: string): string => line.replace(/[\p{Cc}\p{Cf}]/gu, '?');
