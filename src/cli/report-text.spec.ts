import { describe, expect, it } from '@jest/globals';
import type { Difference } from '../stats/doctor/difference.js';
import { reportText } from './report-text.js';

const REPORT = { from: '2026-11-01', to: '2026-11-23', keys: 1, total: 0, differences: [], notes: [] };
const DIFFERENCE: Difference = {
  check: 'hours',
  keyId: 'key-1',
  keyName: 'alice',
  accountId: null,
  model: null,
  period: '2026-11-22',
  figure: 'requests',
  left: { source: 'a', value: 12 },
  right: { source: 'b', value: null },
  hint: 'The hint.',
};

describe('reportText', () => {
  it('says that the books agree, and what was not compared', () => {
    expect(reportText({ ...REPORT, notes: ['this', 'that'] })).toBe(
      'Books from 2026-11-01 to 2026-11-23, 1 key: no difference.\n\nNote: this\nNote: that\n',
    );
  });

  it('names differences by check in a table, each hint once', () => {
    const differences = [
      DIFFERENCE,
      { ...DIFFERENCE, keyName: null, model: 'opus', figure: 'inputTokens' },
      { ...DIFFERENCE, check: 'all-keys' as const, keyId: null, keyName: null, hint: 'Another.' },
      { ...DIFFERENCE, check: 'models-of-account' as const, keyId: null, keyName: null, accountId: 'account-1' },
    ];
    expect(reportText({ ...REPORT, keys: 2, total: 4, differences }).split('\n')).toEqual([
      'Books from 2026-11-01 to 2026-11-23, 2 keys: 4 differences.',
      '',
      'hours: The hint.',
      '  period      whose            figure       here     there',
      '  2026-11-22  key "alice"      requests     12 in a  no number in b',
      '  2026-11-22  key key-1, opus  inputTokens  12 in a  no number in b',
      '',
      'all-keys: Another.',
      '  period      whose     figure    here     there',
      '  2026-11-22  all keys  requests  12 in a  no number in b',
      '',
      'models-of-account: The hint.',
      '  period      whose              figure    here     there',
      '  2026-11-22  account account-1  requests  12 in a  no number in b',
      '',
    ]);
  });

  it('says how many it does not show', () => {
    const text = reportText({ ...REPORT, total: 1001, differences: [DIFFERENCE] });
    expect(text).toContain('\n1000 more are not shown: ask for fewer days, or one key.\n');
  });

  it('lets no name steer the terminal', () => {
    const text = reportText({ ...REPORT, total: 1, differences: [{ ...DIFFERENCE, model: '\u001b[2J\u202e\nx' }] });
    expect(text).toContain('?[2J??x');
  });
});
