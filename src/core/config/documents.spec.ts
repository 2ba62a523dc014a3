import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ENV_VARIABLES, loadEnv } from './env.dto.js';
import type { EnvVariable } from './env/env-variable.js';
import { IGNORED_VARIABLES } from './env/ignored-variables.js';

const ROOT = join(__dirname, '..', '..', '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const ALL = [...ENV_VARIABLES.used, ...ENV_VARIABLES.notUsedYet];
const sorted = (texts: readonly string[]) => [...texts].sort();

describe('.env.example', () => {
  const lines = read('.env.example').split('\n');
  const assignments = lines.flatMap((line) => /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []);
  const names = assignments.filter((_, index) => index % 3 === 1);
  const values = assignments.filter((_, index) => index % 3 === 2);

  it('has every variable that is read or will be, once, and no other', () => {
    expect(sorted(names)).toEqual(sorted(ALL.map(({ name }) => name)));
  });

  it('changes nothing as it stands', () => {
    expect(parseEnv(lines.join('\n'))).toEqual({});
  });

  it('shows the defaults: with every line switched on, nothing changes either', () => {
    expect(Object.fromEntries(names.map((name, index) => [name, values[index]]))).toEqual(
      Object.fromEntries(ALL.map(({ name, defaultText }) => [name, defaultText])),
    );
    const switchedOn = lines.map((line) => line.replace(/^#(?=[A-Z])/, '')).join('\n');
    expect(loadEnv(parseEnv(switchedOn)).env).toEqual(loadEnv({}).env);
  });

  it('says one line about each', () => {
    const bare = lines.filter((line, index) => /^#[A-Z]/.test(line) && !/^# \S/.test(lines[index - 1] ?? ''));
    expect(bare).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  const document = read('docs/configuration.md');
  const rowsAfter = (heading: string): string[][] => {
    const [, part = ''] = document.split(`\n## ${heading}\n`);
    const [section = ''] = part.split('\n## ');
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    return rows.map((row) => row.slice(2, -2).split(/(?<!\\) \| /));
  };
  const variables = rowsAfter('Variables');
  const plain = (cell = '') => cell.replaceAll('\\|', '|');

  const expected = (variable: EnvVariable, status: string) => ({
    name: `\`${variable.name}\``,
    allowed: variable.allowed,
    status,
  });

  it('has a row for every variable, with what is allowed and whether it is used, and no other', () => {
    const rows = variables.map(([name = '', , allowed, , status]) => ({ name, allowed: plain(allowed), status }));
    expect(rows.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      [
        ...ENV_VARIABLES.used.map((variable) => expected(variable, 'used')),
        ...ENV_VARIABLES.notUsedYet.map((variable) => expected(variable, 'not used yet')),
      ].toSorted((a, b) => a.name.localeCompare(b.name)),
    );
  });

  it.each(ALL.filter(({ defaultText }) => defaultText !== ''))(
    'tells the default of $name',
    ({ name, defaultText }) => {
      const row = variables.find(([first]) => first === `\`${name}\``);
      expect(plain(row?.[1])).toBe(`\`${defaultText}\``);
    },
  );

  it('tells what each variable means', () => {
    expect(variables.filter(([, , , meaning = '']) => meaning.trim().length < 5)).toEqual([]);
  });

  it('lists what is accepted and ignored, with the reason', () => {
    const listed = rowsAfter('Accepted and ignored').map((cells) => cells.join(': '));
    const known = IGNORED_VARIABLES.flatMap(({ names, prefixes = [], reason }) => [
      ...names.map((name) => `\`${name}\`: ${reason}`),
      ...prefixes.map((prefix) => `\`${prefix}*\`: ${reason}`),
    ]);
    expect(sorted(listed)).toEqual(sorted(known));
  });
});
