import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CsvCell, csvFile, toCsv } from './csv.js';

const COLUMNS = [
  { name: 'name', cell: (row: readonly CsvCell[]) => row[0] ?? null },
  { name: 'cost', cell: (row: readonly CsvCell[]) => row[1] ?? null },
];

/** The same signs in full width, which spreadsheets of East Asia read alike. */
const FULL_WIDTH = ['\uff1d1+1', '\uff0b1', '\uff0d1', '\uff20SUM(A1)'];

/** A reader of RFC 4180 that knows nothing of the writer. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isQuoted && character === '"' && text.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === ',') {
      row.push(cell);
      cell = '';
    } else if (!isQuoted && character === '\r') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      at += 1;
    } else cell += character;
  }
  return rows;
}

describe('toCsv', () => {
  it('writes a header and ends each line', () => {
    expect(toCsv(COLUMNS, [])).toBe('name,cost\r\n');
    expect(
      toCsv(COLUMNS, [
        ['team "a", b', 1.5],
        [null, -2],
      ]),
    ).toBe('name,cost\r\n"team ""a"", b",1.5\r\n,-2\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', ...FULL_WIDTH])(
    'lets no text become a formula: %j',
    (text) => {
      expect(parseCsv(toCsv(COLUMNS, [[text, 0]]))[1]).toEqual([`'${text}`, '0']);
    },
  );

  it('can be read again, whatever the texts are', () => {
    const rows = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.integer()));
    fc.assert(
      fc.property(rows, (values) => {
        const read = parseCsv(toCsv(COLUMNS, values)).slice(1);
        expect(read).toEqual(
          values.map(([text, number]) => [
            /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text,
            String(number),
          ]),
        );
      }),
    );
  });
});

describe('csvFile', () => {
  it('says that it is UTF-8, so that spreadsheets do not take it for something else', async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of csvFile('usage', 'name\r\n\u00e4\r\n').getStream()) chunks.push(chunk as Uint8Array);
    expect(Buffer.concat(chunks).toString('utf8')).toBe('\ufeffname\r\n\u00e4\r\n');
  });
});
