import { describe, expect, it } from '@jest/globals';
import { readGolden, V1_VERSIONS } from '../../../test/support/v1-golden.js';
import { classOf, isData, isDerived, leftOutOf } from './key-classes.js';

describe('leftOutOf', () => {
  it.each([
    'concurrency:id',
    'concurrency:queue:id',
    `session:${'0'.repeat(64)}`,
    'user_session:id',
    'oauth:id',
    'lock:init:weekly_opus_cost:2026-11-23',
    'token_refresh_lock:id',
    'cost_rank_lock:all',
    'user_msg_queue_lock:id',
    'apikey:tmp:1',
    'request_detail:query_snapshot:1',
    'login_ip_limiter:1.2.3.4',
    'v2:migration:sources',
    'v2:holds:id',
    'v2:queue:number:id',
    'v2:store:probe',
    'v2:store:id',
    'apikey:hash_map',
    'v2:usage:correcting',
  ])('leaves %s', (key) => {
    expect(leftOutOf(key, false)?.reason).toMatch(/\.$/);
  });

  it.each(['session:admin_credentials', 'apikey:id', 'cost_rank:all', 'user:id', 'v2:prices', 'v2:usage:since', 'odd'])(
    'carries %s',
    (key) => {
      expect(leftOutOf(key, false)).toBeNull();
    },
  );

  it('brings nothing of v2 to v1', () => {
    expect(leftOutOf('v2:prices', true)).not.toBeNull();
    expect(leftOutOf('usage:id', true)).toBeNull();
  });
});

describe('classOf', () => {
  it.each([
    ['apikey:id', 'API keys'],
    ['apikey:hash_map', 'API keys'],
    ['apikey_hash:hash', 'API keys'],
    ['apikey:idx:all', 'API key index'],
    ['apikey:tag:a', 'tags'],
    ['apikey:tags:all', 'tags'],
    ['cost_rank:all', 'cost ranking'],
    ['claude_console_account:id', 'accounts: claude-console'],
    ['shared_openai_responses_accounts', 'accounts: openai-responses'],
    ['claude:account:id', 'accounts not served: claude'],
    ['gemini_account:index', 'indexes of accounts'],
    ['claude:account:index:empty', 'indexes of accounts'],
    ['openai:account:id', 'accounts not served: openai'],
    ['bedrock_account:id', 'accounts not served: bedrock'],
    ['gemini_account:id', 'accounts not served: gemini'],
    ['droid:account:id', 'accounts not served: droid'],
    ['azure_openai:account:id', 'accounts not served: azure-openai'],
    ['shared_gemini_accounts', 'accounts not served: others'],
    ['account_group_members:id', 'groups'],
    ['error_history:claude-console:id', 'marks and errors of accounts'],
    ['account:test_history:id', 'tests and balances of accounts'],
    ['unified_claude_session_mapping:id', 'sessions'],
    ['usage:cost:daily:id:2026-11-23', 'costs'],
    ['usage:opus:total:id', 'costs'],
    ['usage:id', 'usage'],
    ['account_usage:id', 'usage'],
    ['rate_limit:cost:id', 'limit windows'],
    ['session:admin_credentials', 'administrator'],
    ['user:id', 'users'],
    ['quota_card:id', 'quota cards'],
    ['request_detail:item:id', 'request details'],
    ['webhook_config:default', 'billing and webhooks'],
    ['system:service_rates', 'settings'],
    ['claude_relay_config', 'settings'],
    ['v2:prices', 'data of v2'],
    ['odd', 'unknown'],
  ])('%s is of %s', (key, name) => {
    expect(classOf(key).name).toBe(name);
  });

  it('says of what v2 does not serve that it is carried untouched, and what to do', () => {
    expect(classOf('gemini_account:id').note).toMatch(/^Carried over untouched\. .+/);
  });

  it.each(V1_VERSIONS)('knows everything that %s writes', (version) => {
    const unknown = readGolden(version).filter(
      ({ key }) => leftOutOf(key, false) === null && classOf(key).name === 'unknown',
    );
    expect(unknown).toEqual([]);
  });
});

describe('isDerived', () => {
  it('is true of what v1 and v2 make anew', () => {
    expect(['apikey:idx:all', 'apikey:set:active', 'apikey:tag:a'].every(isDerived)).toBe(true);
    expect(isDerived('apikey:id')).toBe(false);
  });
});

describe('isData', () => {
  it.each(['v2:admin', 'apikey:idx:all', 'claude_console_account:index:empty', 'system:migrated:version', 'oauth:1'])(
    'is false of %s',
    (key) => {
      expect(isData(key)).toBe(false);
    },
  );

  it.each(['apikey:id', 'usage:id', 'odd'])('is true of %s', (key) => {
    expect(isData(key)).toBe(true);
  });
});
