import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ENV_VARIABLES } from '../../src/core/config/env.dto.js';
import { IGNORED_VARIABLES } from '../../src/core/config/env/ignored-variables.js';

const ROOT = join(__dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

describe('docs/migrating-from-v1.md', () => {
  const document = read('docs/migrating-from-v1.md');

  const sectionOf = (heading: string): string => {
    const [, part = ''] = document.split(`\n## ${heading}\n`);
    return part.split('\n## ')[0] ?? '';
  };
  /** The cells of every row but the head of the section's table. */
  const rowsOf = (heading: string): string[][] =>
    sectionOf(heading)
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1)
      .map((line) => line.slice(2, -2).split(' | '));
  const namesIn = (text: string): string[] =>
    [...text.matchAll(/`([A-Z][A-Z0-9_]+\*?)`/g)].map(([, name = '']) => name);

  describe('the table of variables', () => {
    const rows = rowsOf('Variables');
    const [, newHere = ''] = sectionOf('Variables').split('\nNew here, ');
    const ofStatus = (status: string): string[] =>
      rows.flatMap(([name = '', found]) => (found === status ? namesIn(name) : []));

    it('has a row for every variable of v1 that is known here, and no other', () => {
      const ignored = IGNORED_VARIABLES.flatMap(({ names, prefixes = [] }) => [
        ...names,
        ...prefixes.map((prefix) => `${prefix}*`),
      ]);
      expect(ofStatus('ignored').sort()).toEqual(ignored.sort());
      expect(ofStatus('not used yet').sort()).toEqual(ENV_VARIABLES.notUsedYet.map(({ name }) => name).sort());
      expect([...ofStatus('used'), ...namesIn(newHere)].sort()).toEqual(
        ENV_VARIABLES.used.map(({ name }) => name).sort(),
      );
    });

    it('knows three states, and says something about each', () => {
      expect(rows.length).toBeGreaterThan(140);
      expect(rows.filter(([, status = '']) => !['used', 'not used yet', 'ignored'].includes(status))).toEqual([]);
      expect(rows.filter(([, , words = '']) => words.trim() === '')).toEqual([]);
    });

    it('gives the reason that start-up gives', () => {
      const reasons = new Map(
        IGNORED_VARIABLES.flatMap(({ names, prefixes = [], reason }) =>
          [...names, ...prefixes.map((prefix) => `${prefix}*`)].map((name) => [name, reason] as const),
        ),
      );
      const told = rows.flatMap(([name = '', status, words]) => (status === 'ignored' ? [[name, words]] : []));
      expect(told).toEqual(told.map(([name = '']) => [name, reasons.get(name.replaceAll('`', ''))]));
    });
  });

  describe('the table of differences', () => {
    const rows = rowsOf('Deliberate differences');

    it('names for each one a test that is there', () => {
      expect(rows.length).toBeGreaterThan(30);
      const lacking = rows.filter(([, , , shown = '']) => {
        const file = /^`((?:src|test|libs)\/[\w./-]+spec\.ts)`$/.exec(shown)?.[1];
        return file === undefined || !existsSync(join(ROOT, file));
      });
      expect(lacking).toEqual([]);
    });
  });

  it('has no link that leads nowhere, and the way from the first page leads here', () => {
    const links = [...document.matchAll(/\]\(([^)#:]+\.md)[^)]*\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, 'docs', link)))).toEqual([]);
    expect(read('README.md')).toContain('](docs/migrating-from-v1.md)');
  });
});
