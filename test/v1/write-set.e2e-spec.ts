import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { patternOf } from '../support/v1-format.ts';
import { changedKeys } from '../support/v1-shapes.ts';
import { V1Traffic } from '../support/v1-traffic.ts';
import { type Dump, STORE_KINDS, V1Upgrade } from '../support/v1-upgrade.ts';

/** What v1 writes for one request of Claude and one of Codex by one key with a window. */
const WRITTEN_BY_V1 = [
  'account_usage:daily:index:{day}',
  'account_usage:daily:{id}:{day}',
  'account_usage:hourly:index:{hour}',
  'account_usage:hourly:{id}:{hour}',
  'account_usage:model:daily:index:{day}',
  'account_usage:model:daily:{id}:{model}:{day}',
  'account_usage:model:hourly:index:{hour}',
  'account_usage:model:hourly:{id}:{model}:{hour}',
  'account_usage:model:monthly:{id}:{model}:{month}',
  'account_usage:monthly:{id}:{month}',
  'account_usage:{id}',
  'apikey:idx:lastUsedAt',
  'apikey:{id}',
  'claude_console_account:{id}',
  'openai_responses_account:{id}',
  'rate_limit:cost:{id}',
  'rate_limit:requests:{id}',
  'rate_limit:tokens:{id}',
  'rate_limit:window_start:{id}',
  'system:metrics:minute:{number}',
  'unified_claude_session_mapping:{session}',
  'unified_openai_session_mapping:{hash}',
  'usage:cost:daily:{id}:{day}',
  'usage:cost:hourly:{id}:{hour}',
  'usage:cost:monthly:{id}:{month}',
  'usage:cost:real:daily:{id}:{day}',
  'usage:cost:real:total:{id}',
  'usage:cost:total:{id}',
  'usage:daily:index:{day}',
  'usage:daily:{id}:{day}',
  'usage:global:daily:{day}',
  'usage:global:monthly:{month}',
  'usage:global:total',
  'usage:hourly:index:{hour}',
  'usage:hourly:{id}:{hour}',
  'usage:keymodel:daily:index:{day}',
  'usage:keymodel:hourly:index:{hour}',
  'usage:model:daily:index:{day}',
  'usage:model:daily:{model}:{day}',
  'usage:model:hourly:index:{hour}',
  'usage:model:hourly:{model}:{hour}',
  'usage:model:monthly:index:{month}',
  'usage:model:monthly:{model}:{month}',
  'usage:monthly:{id}:{month}',
  'usage:opus:real:total:{id}',
  'usage:opus:real:weekly:{id}:{week}',
  'usage:opus:total:{id}',
  'usage:opus:weekly:{id}:{week}',
  'usage:records:{id}',
  'usage:{id}',
  'usage:{id}:model:alltime:{model}',
  'usage:{id}:model:daily:{model}:{day}',
  'usage:{id}:model:hourly:{model}:{hour}',
  'usage:{id}:model:monthly:{model}:{month}',
];
const WINDOW = { rateLimitWindow: 5, rateLimitRequests: 100, rateLimitCost: 10, tokenLimit: 1_000_000 };

describe.each(STORE_KINDS)('a request of Claude and one of Codex in the %s store', (kind) => {
  let gateway: V1Upgrade;
  let before: Dump;
  let after: Dump;

  beforeAll(async () => {
    gateway = await V1Upgrade.start('1.1.314', kind);
    const traffic = new V1Traffic(gateway);
    traffic.answerWell();
    const { key } = await gateway.admin('POST', '/keys', { name: 'with a window', ...WINDOW });
    before = await gateway.dump();
    expect((await traffic.claude(key, true)).status).toBe(200);
    expect((await traffic.codex(key, true)).status).toBe(200);
    after = await gateway.dump();
  });
  afterAll(() => gateway.close());

  it('write exactly what v1 writes, but for its stream of billing events', () => {
    const written = new Set(changedKeys(before, after).map(patternOf));
    expect([...written].sort()).toEqual(WRITTEN_BY_V1);
  });

  it.each([
    [/^apikey:[0-9a-f-]{36}$/, ['lastUsedAt']],
    [/^claude_console_account:[0-9a-f]{8}-/, ['lastUsedAt']],
    [/^openai_responses_account:[0-9a-f]{8}-/, ['lastUsedAt', 'totalUsedTokens']],
  ])('changes of %s what v1 changes', (name, fields) => {
    const [key = '', ...others] = changedKeys(before, after).filter((changed) => name.test(changed));
    expect(others).toEqual([]);
    const [was, is] = [before, after].map((dump) => dump[key]?.value as Record<string, string>);
    expect(
      Object.keys(is ?? {})
        .filter((field) => is?.[field] !== was?.[field])
        .sort(),
    ).toEqual(fields);
  });

  it('leave nothing of a running request', () => {
    expect(Object.keys(after).filter((key) => key.startsWith('concurrency:'))).toEqual([]);
  });
});
