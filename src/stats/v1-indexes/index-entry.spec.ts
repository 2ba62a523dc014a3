import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keys } from '@crs/store';
import { indexEntriesOf } from './index-entry.js';

const DAY = 86_400;
const PREFIXES = ['claude_console_account', 'openai_responses_account'];
const entriesOf = (name: string) =>
  indexEntriesOf(name, PREFIXES).map(({ set, member, ttlSeconds }) => [set, member, ttlSeconds]);

describe('the index entries of a key', () => {
  it.each([
    ['usage:daily:k1:2026-11-23', [['usage:daily:index:2026-11-23', 'k1', 32 * DAY]]],
    ['usage:hourly:k1:2026-11-23:12', [['usage:hourly:index:2026-11-23:12', 'k1', 7 * DAY]]],
    ['usage:model:daily:ft:mini:1:2026-11-23', [['usage:model:daily:index:2026-11-23', 'ft:mini:1', 32 * DAY]]],
    ['usage:model:hourly:opus:2026-11-23:12', [['usage:model:hourly:index:2026-11-23:12', 'opus', 7 * DAY]]],
    [
      'usage:model:monthly:opus:2026-11',
      [
        ['usage:model:monthly:index:2026-11', 'opus', 365 * DAY],
        ['usage:model:monthly:months', '2026-11', 0],
      ],
    ],
    ['usage:k1:model:daily:a:b:2026-11-23', [['usage:keymodel:daily:index:2026-11-23', 'k1:a:b', 32 * DAY]]],
    ['usage:k1:model:hourly:opus:2026-11-23:12', [['usage:keymodel:hourly:index:2026-11-23:12', 'k1:opus', 7 * DAY]]],
    ['account_usage:daily:a1:2026-11-23', [['account_usage:daily:index:2026-11-23', 'a1', 32 * DAY]]],
    ['account_usage:hourly:a1:2026-11-23:12', [['account_usage:hourly:index:2026-11-23:12', 'a1', 7 * DAY]]],
    [
      'account_usage:model:daily:a1:x:y:2026-11-23',
      [['account_usage:model:daily:index:2026-11-23', 'a1:x:y', 32 * DAY]],
    ],
    [
      'account_usage:model:hourly:a1:opus:2026-11-23:12',
      [['account_usage:model:hourly:index:2026-11-23:12', 'a1:opus', 7 * DAY]],
    ],
    ['claude_console_account:a1', [['claude_console_account:index', 'a1', 0]]],
    ['openai_responses_account:a1', [['openai_responses_account:index', 'a1', 0]]],
  ])('named %s', (name, entries) => {
    expect(entriesOf(name)).toEqual(entries);
  });

  it.each([
    'usage:daily:index:2026-11-23',
    'usage:daily:index:2026-11-23:empty',
    'usage:hourly:index:2026-11-23:12',
    'usage:model:daily:index:2026-11-23',
    'usage:model:monthly:index:2026-11',
    'usage:model:monthly:months',
    'usage:keymodel:daily:index:2026-11-23',
    'account_usage:daily:index:2026-11-23',
    'account_usage:model:daily:index:2026-11-23',
    'account_usage:model:hourly:index:2026-11-23:12',
    'claude_console_account:index',
    'claude_console_account:index:empty',
    'claude_console_account:',
    'openai:account:a1',
    'usage:k1',
    'usage:monthly:k1:2026-11',
    'usage:cost:daily:k1:2026-11-23',
    'usage:opus:weekly:k1:2026-W48',
    'usage:global:daily:2026-11-23',
    'usage:records:k1',
    'v2:usage:day:2026-11-23:models',
  ])('are none for %s', (name) => {
    expect(entriesOf(name)).toEqual([]);
  });

  it('are found again for whatever model was used', () => {
    const { usage } = keys;
    fc.assert(
      fc.property(fc.uuid(), fc.string({ minLength: 1 }), (id, model) => {
        fc.pre(!model.startsWith('index:'));
        expect(entriesOf(usage.keyModelDaily(id, model, '2026-11-23'))).toEqual([
          [usage.index.keyModelDaily('2026-11-23'), `${id}:${model}`, 32 * DAY],
        ]);
        expect(entriesOf(usage.accountModelHourly(id, model, '2026-11-23:12'))).toEqual([
          [usage.index.accountModelHourly('2026-11-23:12'), `${id}:${model}`, 7 * DAY],
        ]);
      }),
    );
  });
});
