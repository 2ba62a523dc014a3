import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keys } from './keys.js';

const DAY = '2026-11-23';
const MONTH = '2026-11';
const HOUR = '2026-11-23:06';
const WEEK = '2026-11-23T00';

type Builder = (...parts: string[]) => string;
interface Tree {
  readonly [name: string]: string | Builder | Tree;
}

/** Every key and builder of the tree, by its path. */
function leavesOf(tree: Tree, path = ''): [path: string, leaf: string | Builder][] {
  return Object.entries(tree).flatMap(([name, node]) =>
    typeof node === 'object' ? leavesOf(node, `${path}${name}.`) : [[`${path}${name}`, node]],
  );
}
const LEAVES = leavesOf(keys as unknown as Tree);

describe('keys', () => {
  it.each([
    [keys.store.probe, 'v2:store:probe'],
    [keys.migration.sources, 'v2:migration:sources'],
    [keys.migration.book('redis:6379/0', 7), 'v2:migration:redis:6379/0:7'],
    [keys.apiKey.record('id'), 'apikey:id'],
    [keys.apiKey.recordPattern, 'apikey:*'],
    [keys.apiKey.hashMap, 'apikey:hash_map'],
    [keys.apiKey.legacyHash('hash'), 'apikey_hash:hash'],
    [keys.apiKey.indexVersion, 'apikey:index:version'],
    [keys.apiKey.all, 'apikey:idx:all'],
    [keys.apiKey.byCreatedAt, 'apikey:idx:createdAt'],
    [keys.apiKey.byLastUsedAt, 'apikey:idx:lastUsedAt'],
    [keys.apiKey.byName, 'apikey:idx:name'],
    [keys.apiKey.active, 'apikey:set:active'],
    [keys.apiKey.deleted, 'apikey:set:deleted'],
    [keys.apiKey.tag('tag'), 'apikey:tag:tag'],
    [keys.apiKey.allTags, 'apikey:tags:all'],
    [keys.account.record('claude_console_account', 'id'), 'claude_console_account:id'],
    [keys.account.recordPattern('openai_responses_account'), 'openai_responses_account:*'],
    [keys.account.anyRecordPattern, '*account:*'],
    [keys.account.index('openai_responses_account'), 'openai_responses_account:index'],
    [keys.account.indexEmpty('claude_console_account'), 'claude_console_account:index:empty'],
    [keys.account.tempUnavailable('claude-console', 'id'), 'temp_unavailable:claude-console:id'],
    [keys.account.errorHistory('openai-responses', 'id'), 'error_history:openai-responses:id'],
    [keys.session.mapping('unified_claude_session_mapping:', 'hash'), 'unified_claude_session_mapping:hash'],
    [keys.admin.v1Credentials, 'session:admin_credentials'],
    [keys.usage.total('key'), 'usage:key'],
    [keys.usage.daily('key', DAY), 'usage:daily:key:2026-11-23'],
    [keys.usage.monthly('key', MONTH), 'usage:monthly:key:2026-11'],
    [keys.usage.hourly('key', HOUR), 'usage:hourly:key:2026-11-23:06'],
    [keys.usage.modelDaily('model', DAY), 'usage:model:daily:model:2026-11-23'],
    [keys.usage.modelMonthly('model', MONTH), 'usage:model:monthly:model:2026-11'],
    [keys.usage.modelHourly('model', HOUR), 'usage:model:hourly:model:2026-11-23:06'],
    [keys.usage.keyModelDaily('key', 'model', DAY), 'usage:key:model:daily:model:2026-11-23'],
    [keys.usage.keyModelMonthly('key', 'model', MONTH), 'usage:key:model:monthly:model:2026-11'],
    [keys.usage.keyModelHourly('key', 'model', HOUR), 'usage:key:model:hourly:model:2026-11-23:06'],
    [keys.usage.keyModelTotal('key', 'model'), 'usage:key:model:alltime:model'],
    [keys.usage.globalTotal, 'usage:global:total'],
    [keys.usage.globalDaily(DAY), 'usage:global:daily:2026-11-23'],
    [keys.usage.globalMonthly(MONTH), 'usage:global:monthly:2026-11'],
    [keys.usage.records('key'), 'usage:records:key'],
    [keys.usage.minute(29_300_000), 'system:metrics:minute:29300000'],
    [keys.storeId(), 'v2:store:id'],
    [keys.usage.index.migrated, 'system:migration:usage_index_v2'],
    [keys.usage.index.daily(DAY), 'usage:daily:index:2026-11-23'],
    [keys.usage.index.hourly(HOUR), 'usage:hourly:index:2026-11-23:06'],
    [keys.usage.index.modelDaily(DAY), 'usage:model:daily:index:2026-11-23'],
    [keys.usage.index.modelHourly(HOUR), 'usage:model:hourly:index:2026-11-23:06'],
    [keys.usage.index.modelMonthly(MONTH), 'usage:model:monthly:index:2026-11'],
    [keys.usage.index.modelMonths, 'usage:model:monthly:months'],
    [keys.usage.index.keyModelDaily(DAY), 'usage:keymodel:daily:index:2026-11-23'],
    [keys.usage.index.keyModelHourly(HOUR), 'usage:keymodel:hourly:index:2026-11-23:06'],
    [keys.usage.index.accountDaily(DAY), 'account_usage:daily:index:2026-11-23'],
    [keys.usage.index.accountHourly(HOUR), 'account_usage:hourly:index:2026-11-23:06'],
    [keys.usage.index.accountModelDaily(DAY), 'account_usage:model:daily:index:2026-11-23'],
    [keys.usage.index.accountModelHourly(HOUR), 'account_usage:model:hourly:index:2026-11-23:06'],
    [keys.usage.accountTotal('acc'), 'account_usage:acc'],
    [keys.usage.accountDaily('acc', DAY), 'account_usage:daily:acc:2026-11-23'],
    [keys.usage.accountMonthly('acc', MONTH), 'account_usage:monthly:acc:2026-11'],
    [keys.usage.accountHourly('acc', HOUR), 'account_usage:hourly:acc:2026-11-23:06'],
    [keys.usage.accountModelDaily('acc', 'model', DAY), 'account_usage:model:daily:acc:model:2026-11-23'],
    [keys.usage.accountModelMonthly('acc', 'model', MONTH), 'account_usage:model:monthly:acc:model:2026-11'],
    [keys.usage.accountModelHourly('acc', 'model', HOUR), 'account_usage:model:hourly:acc:model:2026-11-23:06'],
    [keys.usage.costDaily('key', DAY), 'usage:cost:daily:key:2026-11-23'],
    [keys.usage.costMonthly('key', MONTH), 'usage:cost:monthly:key:2026-11'],
    [keys.usage.costHourly('key', HOUR), 'usage:cost:hourly:key:2026-11-23:06'],
    [keys.usage.costTotal('key'), 'usage:cost:total:key'],
    [keys.usage.costRealTotal('key'), 'usage:cost:real:total:key'],
    [keys.usage.costRealDaily('key', DAY), 'usage:cost:real:daily:key:2026-11-23'],
    [keys.usage.opusWeekly('key', WEEK), 'usage:opus:weekly:key:2026-11-23T00'],
    [keys.usage.opusTotal('key'), 'usage:opus:total:key'],
    [keys.usage.opusRealWeekly('key', WEEK), 'usage:opus:real:weekly:key:2026-11-23T00'],
    [keys.usage.opusRealTotal('key'), 'usage:opus:real:total:key'],
    [keys.limits.windowStart('key'), 'rate_limit:window_start:key'],
    [keys.limits.windowRequests('key'), 'rate_limit:requests:key'],
    [keys.limits.windowTokens('key'), 'rate_limit:tokens:key'],
    [keys.limits.windowCost('key'), 'rate_limit:cost:key'],
    [keys.settings.serviceRates, 'system:service_rates'],
  ])('%s is what the predecessor calls it', (built, expected) => {
    expect(built).toBe(expected);
  });

  it.each([
    keys.apiKey.extra('id'),
    keys.account.marks('claude-console', 'id'),
    keys.account.quotaCost('id', '2026-11-23T00:00'),
    keys.attempts.byRequest('request'),
    keys.attempts.byUpstreamId('upstream'),
    keys.attempts.recent,
    keys.attempts.troubled,
    keys.admin.current,
  ])('%s, which the predecessor does not know, stands apart', (built) => {
    expect(built).toMatch(/^v2:/);
  });

  it('has no two names for one key', () => {
    const uuid = fc.uuid();
    const parts = fc.tuple(uuid, uuid, uuid);
    const property = fc.property(parts, (some) => {
      const built = LEAVES.map(([, leaf]) => (typeof leaf === 'string' ? leaf : leaf(...some)));
      expect(built.filter((key, index) => built.indexOf(key) !== index)).toEqual([]);
    });
    fc.assert(property);
  });

  it('gives different keys for different parts', () => {
    const builders = LEAVES.flatMap(([path, leaf]) => (typeof leaf === 'string' ? [] : [[path, leaf] as const]));
    const id = fc.uuid();
    const property = fc.property(fc.constantFrom(...builders), id, id, id, id, ([path, build], a, b, c, other) => {
      fc.pre(![a, b, c].includes(other));
      const parts = [a, b, c].slice(0, build.length);
      parts.forEach((_, at) => {
        expect([path, build(...parts.with(at, other))]).not.toEqual([path, build(...parts)]);
      });
    });
    fc.assert(property);
  });
});
