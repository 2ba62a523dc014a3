import { StreamableFile } from '@nestjs/common';

export type CsvCell = string | number | null;

/** A column of a table: its header, and what stands in it. */
export interface CsvColumn<T> {
  readonly name: string;
  readonly cell: (row: T) => CsvCell;
}

const LINE_END = '\r\n';
/** Spreadsheets take a file without it for one in the character set of the machine. */
const BYTE_ORDER_MARK = '\uFEFF';
/**
 * Spreadsheets take a text that begins so for a formula, those of East Asia also with the signs in full width; and names
 * are chosen by other people.
 */
const FORMULA_START = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
const TO_QUOTE = /[",\r\n]/;

/** A table with a header row, as RFC 4180 has it. */
export function toCsv<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  return lines.map((cells) => cells.map(cellText).join(',') + LINE_END).join('');
}

/** Sent as a file of that name. */
export const csvFile = (name: string, text: string): StreamableFile =>
  new StreamableFile(Buffer.from(BYTE_ORDER_MARK + text), {
    type: 'text/csv; charset=utf-8',
    disposition: `attachment; filename="${name}.csv"`,
  });

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA_START.test(cell) ? `'${cell}` : cell;
  return TO_QUOTE.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
