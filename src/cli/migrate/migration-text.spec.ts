import { describe, expect, it } from '@jest/globals';
import type { MigrationReport } from './migration-report.js';
import { migrationText } from './migration-text.js';

const NONE: MigrationReport = {
  direction: 'v1-to-v2',
  dryRun: false,
  from: 'one:6379/0',
  to: 'one:6379/1',
  isComplete: true,
  refusal: null,
  keys: 1,
  classes: [],
  leftOut: [],
  notCarried: [],
  notCarriedTotal: 0,
  conflicts: [],
  kept: [],
  apiKeys: [],
  costs: [],
  notes: [],
};
const COUNTS = { added: 0, changed: 0, removed: 0, kept: 0, conflicts: 0, same: 0 };

const linesOf = (report: Partial<MigrationReport>): string[] => migrationText({ ...NONE, ...report }).split('\n');

describe('migrationText', () => {
  it('says where from and where to, and that it is done', () => {
    const lines = linesOf({});
    expect(lines[0]).toBe('From one:6379/0 to one:6379/1, 1 key.');
    expect(lines.slice(-2)).toEqual(['Done.', '']);
  });

  it('shows a table of classes with examples', () => {
    const classes = [
      { ...COUNTS, name: 'usage', note: null, added: 12, same: 1234, names: { added: ['usage:1', 'usage:2'] } },
      { ...COUNTS, name: 'accounts not served: droid', note: 'Carried over untouched.', removed: 1, names: {} },
    ];
    expect(linesOf({ classes, keys: 1247 }).slice(0, 12)).toEqual([
      'From one:6379/0 to one:6379/1, 1247 keys.',
      '',
      '                              added  changed  removed  kept  in conflict  same',
      '  usage                          12        0        0     0            0  1234',
      '  accounts not served: droid      0        0        1     0            0     0',
      '',
      'For example:',
      '  usage, added: usage:1, usage:2',
      '',
      'Notes:',
      '  accounts not served: droid: Carried over untouched.',
      '',
    ]);
  });

  it('shows what differs, what stays and what cannot be carried', () => {
    const lines = linesOf({
      apiKeys: [
        {
          id: 'id-1',
          name: 'alice',
          fate: 'changed',
          fields: [
            { field: 'dailyCostLimit', before: '3', after: '5' },
            { field: 'tags', before: null, after: '[]' },
            { field: 'icon', before: 'x', after: null },
          ],
        },
      ],
      costs: [
        { day: '2026-11-23', keyId: null, source: 0.3, target: 0.1 },
        { day: '2026-11-24', keyId: null, source: 0.3, target: 0.3 },
        { day: '2026-11-23', keyId: 'id-1', source: 0.2, target: 0 },
      ],
      kept: ['a'],
      conflicts: ['b'],
      leftOut: [{ what: 'oauth:*', reason: 'Begin again.', keys: 2 }],
      notCarried: [{ key: 'billing:events', reason: 'it is a stream' }],
      notCarriedTotal: 1,
      notes: ['A note.'],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        '  "alice" (id-1), changed',
        '    dailyCostLimit: 3 -> 5',
        '    tags: nothing -> []',
        '    icon: x -> nothing',
        '  2026-11-23  all keys: 0.1 -> 0.3',
        '  2026-11-24  all keys: 0.3, the same',
        '  2026-11-23  key id-1: 0 -> 0.2',
        '  oauth:* (2 keys): Begin again.',
        'Cannot be carried: 1 key:',
        '  billing:events: it is a stream',
        '  A note.',
      ]),
    );
    expect(lines.at(-2)).toContain('Say --overwrite');
  });

  it('says how much it does not show', () => {
    expect(linesOf({ kept: Array.from({ length: 60 }, () => 'k') })).toContain('  ... and 10 more lines, see --json');
  });

  it.each<[Partial<MigrationReport>, string]>([
    [{ isComplete: false, conflicts: ['a'] }, 'it goes on where it stopped.'],
    [{ dryRun: true, refusal: 'The target holds data.' }, 'Without --dry-run this is refused. The target holds data.'],
    [{ dryRun: true }, 'Nothing stands against it.'],
  ])('ends with the outcome of %j', (report, end) => {
    expect(linesOf(report).at(-2)).toContain(end);
    expect(linesOf(report)[0]?.startsWith('Dry run')).toBe(report.dryRun ?? false);
  });

  it('lets no name steer the terminal', () => {
    expect(migrationText({ ...NONE, kept: ['\u001b[2J\u202e'] })).toContain('?[2J?');
  });
});
