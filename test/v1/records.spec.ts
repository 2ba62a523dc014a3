import { expect, it } from '@jest/globals';
import { keys, type StoreClient } from '@crs/store';
import { describeOnGolden } from '../support/golden-app.js';
import {
  idOf,
  putV1Account,
  putV1Group,
  putV1Key,
  putV1Mark,
  secretOf,
  upstreamSecretOf,
} from '../support/v1-records.js';

const MESSAGE = { model: 'claude-sonnet-4-5-20250929', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] };
const QUESTION = { model: 'gpt-5-codex', input: 'Hello' };
const LAST_HOUR = '2026-11-23T04:20:00.000Z';
const JUST_NOW = '2026-11-23T04:29:00.000Z';

/** Text of v1's record -> what the API tells, whether Claude and Codex may be used. */
const PERMISSIONS: readonly (readonly [string | undefined, readonly string[], boolean, boolean])[] = [
  [undefined, [], true, true],
  ['', [], true, true],
  ['all', [], true, true],
  ['[]', [], true, true],
  ['claude', ['claude'], true, false],
  ['openai', ['codex'], false, true],
  ['claude,openai', ['claude', 'codex'], true, true],
  ['["openai"]', ['codex'], false, true],
  ['gemini', ['gemini'], false, false],
  ['["gemini","droid"]', ['gemini', 'droid'], false, false],
  ['[bad', ['[bad'], false, false],
];
const nameOf = (permissions: string | undefined): string => `permissions ${permissions ?? 'missing'}`;

async function addKeys(store: StoreClient): Promise<void> {
  for (const [text] of PERMISSIONS) await putV1Key(store, nameOf(text), { permissions: text });
  await putV1Key(store, 'legacy', {}, 'legacy');
  await putV1Key(store, 'tagged', { tags: '["night","team-a"]' });
  await putV1Key(store, 'in claude group', { claudeAccountId: `group:${idOf('claude group')}` });
  await putV1Key(store, 'in codex group', { openaiAccountId: `group:${idOf('codex group')}` });
  await putV1Key(store, 'bound to codex', { openaiAccountId: `responses:${idOf('codex bound')}` });
  await putV1Key(store, 'bound to list', { claudeConsoleAccountId: idOf('console list') });
  await putV1Key(store, 'bound to plain', { claudeConsoleAccountId: idOf('console plain') });
  await putV1Key(store, 'bound to marked', { claudeConsoleAccountId: idOf('console marked') });
  await putV1Key(store, 'bound to over', { claudeConsoleAccountId: idOf('console over') });
  await putV1Key(store, 'bound to oauth', { openaiAccountId: idOf('oauth'), claudeAccountId: idOf('login') });
  await putV1Key(store, 'of a user', { userId: 'a'.repeat(32), userUsername: 'ada', createdBy: 'ada' });
  await putV1Key(store, 'disabled', { isActive: 'false' });
  const deletion = { isDeleted: 'true', isActive: 'false', deletedAt: LAST_HOUR, deletedBy: 'ada' };
  await putV1Key(store, 'deleted', { ...deletion, deletedByType: 'user' }, 'none');
  await putV1Key(store, 'expired', { expiresAt: LAST_HOUR });
  const activation = { expirationMode: 'activation', isActivated: 'false', activatedAt: '', activationUnit: 'hours' };
  await putV1Key(store, 'activation', { ...activation, activationDays: '2' });
  await putV1Key(store, 'old week', { weeklyOpusCostLimit: '1' });
  await store.set(keys.usage.opusWeekly(idOf('old week'), '2026-W48'), '1.25');
  await putV1Key(store, 'new week', { weeklyOpusCostLimit: '1', weeklyResetDay: '5', weeklyResetHour: '9' });
  await store.set(keys.usage.opusWeekly(idOf('new week'), '2026-11-20T09'), '0.5');
  await store.set(keys.usage.opusWeekly(idOf('new week'), '2026-W48'), '7');
}

async function addAccounts(store: StoreClient, url: string): Promise<void> {
  const inGroup = { accountType: 'group' };
  await putV1Account(store, 'claude', 'console member', url, inGroup);
  await putV1Account(store, 'codex', 'codex member', url, inGroup);
  await putV1Group(store, 'claude group', 'claude', ['console member']);
  await putV1Group(store, 'codex group', 'openai', ['codex member']);
  const dedicated = { accountType: 'dedicated' };
  await putV1Account(store, 'codex', 'codex bound', url, dedicated);
  await putV1Account(store, 'claude', 'console list', url, { ...dedicated, supportedModels: `["${MESSAGE.model}"]` });
  await putV1Account(store, 'claude', 'console plain', url, { ...dedicated, apiKey: 'up-in-plain-text' });
  await putV1Account(store, 'codex', 'codex damaged', url, { ...dedicated, apiKey: 'no ciphertext' });
  await putV1Account(store, 'claude', 'console marked', url, dedicated);
  await putV1Mark(store, 'claude-console', 'console marked', 600);
  for (const [kind, status, change] of STATUSES) {
    await putV1Account(store, kind, `${kind} ${status}`, url, { ...dedicated, status, ...change });
  }
  const over = {
    ...LIMITED,
    rateLimitedAt: '2026-11-23T02:20:00.000Z',
    isActive: 'false',
    rateLimitAutoStopped: 'true',
  };
  await putV1Account(store, 'claude', 'console over', url, { ...dedicated, status: 'rate_limited', ...over });
  const oauth = { id: idOf('oauth'), name: 'oauth', accountType: 'shared', isActive: 'true', accessToken: 'x:y' };
  for (const prefix of ['openai:account', 'claude:account', 'gemini_account']) {
    await store.del(keys.account.indexEmpty(prefix));
  }
  await store.hset(keys.account.record('openai:account', idOf('oauth')), oauth);
  const login = { ...oauth, id: idOf('login'), name: 'login' };
  await store.hset(keys.account.record('claude:account', idOf('login')), login);
  await store.hset(keys.account.record('gemini_account', idOf('gemini')), { ...oauth, id: idOf('gemini') });
}

const LIMITED = { rateLimitedAt: LAST_HOUR, rateLimitStatus: 'limited', schedulable: 'false' };
/** What v1 leaves in an account that it will not ask, and whether this gateway asks it. */
const STATUSES: readonly (readonly ['claude' | 'codex', string, Readonly<Record<string, string>>])[] = [
  ['claude', 'rate_limited', { ...LIMITED, isActive: 'false', rateLimitAutoStopped: 'true' }],
  ['claude', 'unauthorized', { unauthorizedAt: LAST_HOUR, unauthorizedCount: '1', schedulable: 'false' }],
  ['claude', 'blocked', { blockedAt: LAST_HOUR, schedulable: 'false' }],
  ['claude', 'account_blocked', { blockedAt: JUST_NOW, blockedStatus: 'blocked', schedulable: 'false' }],
  ['claude', 'quota_exceeded', { dailyQuota: '5', quotaStoppedAt: LAST_HOUR, quotaAutoStopped: 'true' }],
  ['codex', 'rateLimited', { ...LIMITED, rateLimitResetAt: '2026-11-23T05:20:00.000Z' }],
  ['codex', 'unauthorized', { unauthorizedAt: LAST_HOUR, unauthorizedCount: '1' }],
  ['codex', 'quotaExceeded', { dailyQuota: '5', quotaStoppedAt: LAST_HOUR }],
  ['codex', 'error', { errorMessage: 'broken' }],
  ['codex', 'created', {}],
];

async function addOthers(store: StoreClient): Promise<void> {
  const user = { id: 'a'.repeat(32), username: 'ada', role: 'user', isActive: true, apiKeyCount: 1 };
  await store.set(`user:${user.id}`, JSON.stringify(user));
  await store.set('username:ada', user.id);
  await store.set('sticky_session:abc', idOf('login'));
  await store.set(
    keys.settings.relay,
    JSON.stringify({ claudeCodeOnlyEnabled: false, concurrentRequestQueueEnabled: true }),
  );
  await store.set(keys.settings.serviceRates, JSON.stringify({ rates: { claude: 2 }, baseService: 'claude' }));
  const login = JSON.stringify({ accountId: idOf('login'), accountType: 'claude-official' });
  await store.set('unified_claude_session_mapping:77777777-0000-4000-8000-000000000007', login, 'PX', 3_600_000);
}

describeOnGolden(
  'records of other kinds',
  (golden) => {
    const claude = (name: string, change: object = {}) =>
      golden.send('/api/v1/messages', secretOf(name), { ...MESSAGE, ...change });
    const codex = (name: string) => golden.send('/openai/responses', secretOf(name), QUESTION);
    const asked = (name: string) => golden.simulator.requests(upstreamSecretOf(name)).length;

    it.each(PERMISSIONS)('reads the permissions %p', async (text, told, mayClaude, mayCodex) => {
      const name = nameOf(text);
      expect((await golden.get(`/keys/${idOf(name)}`)).permissions).toEqual(told);
      expect((await claude(name)).status).toBe(mayClaude ? 200 : 403);
      expect((await codex(name)).status).toBe(mayCodex ? 200 : 400);
    });

    it.each([
      ['legacy', 200],
      ['of a user', 200],
      ['activation', 200],
      ['disabled', 401],
      ['deleted', 401],
      ['expired', 401],
    ])('the key "%s" is answered with %d', async (name, status) => {
      expect((await claude(name)).status).toBe(status);
    });

    it('keeps the owner, the tags and the hours of keys', async () => {
      expect(await golden.get(`/keys/${idOf('of a user')}`)).toMatchObject({ userUsername: 'ada', createdBy: 'ada' });
      expect(await golden.get(`/keys/${idOf('activation')}`)).toMatchObject({
        expiresAt: new Date(golden.clock.ms + 2 * 3_600_000).toISOString(),
      });
      expect(await golden.get(`/keys/${idOf('deleted')}`)).toMatchObject({ isDeleted: true, deletedBy: 'ada' });
      const { items } = await golden.get('/keys?tag=night');
      expect(items).toMatchObject([{ name: 'tagged', tags: ['night', 'team-a'] }]);
    });

    it('asks the members of groups, and the accounts that keys are bound to', async () => {
      expect((await claude('in claude group')).status).toBe(200);
      expect((await codex('in codex group')).status).toBe(200);
      expect((await codex('bound to codex')).status).toBe(200);
      expect((await claude('bound to list')).status).toBe(200);
      expect((await claude('bound to plain')).status).toBe(200);
      const names = ['console member', 'codex member', 'codex bound', 'console list', 'in-plain-text'];
      expect(names.map(asked)).toEqual([1, 1, 1, 1, 1]);
      expect((await claude('bound to list', { model: 'claude-haiku-4-5-20251001' })).status).not.toBe(200);
    });

    it('lists groups with their members', async () => {
      const { items } = await golden.get('/account-groups');
      expect(items.map((item: { name: string }) => item.name).sort()).toEqual(['claude group', 'codex group']);
      const members = await golden.get(`/account-groups/${idOf('codex group')}/members`);
      expect(members.items).toMatchObject([{ id: idOf('codex member') }]);
    });

    it('leaves alone for a while what v1 had marked', async () => {
      expect((await claude('bound to marked')).status).not.toBe(200);
      expect(asked('console marked')).toBe(0);
      const { marks } = await golden.get(`/accounts/claude-console/${idOf('console marked')}`);
      expect(marks).not.toEqual([]);
    });

    it.each(STATUSES)('shows an account of %s that was left as %s', async (kind, status) => {
      const platform = kind === 'claude' ? 'claude-console' : 'codex';
      const told = await golden.get(`/accounts/${platform}/${idOf(`${kind} ${status}`)}`);
      const { available } = await golden.get(`/accounts/${platform}/${idOf(`${kind} ${status}`)}/availability`);
      expect([told.status, available]).toEqual([status, status === 'created']);
    });

    it('takes an account into use again whose rate limit of v1 is over', async () => {
      expect((await claude('bound to over')).status).toBe(200);
      expect(asked('console over')).toBe(1);
    });

    it('knows which secrets can be read', async () => {
      expect((await golden.get(`/accounts/codex/${idOf('codex damaged')}`)).hasApiKey).toBe(false);
      expect((await golden.get(`/accounts/claude-console/${idOf('console plain')}`)).hasApiKey).toBe(true);
    });

    it('names the accounts that it does not serve, and refuses who is bound to them', async () => {
      const { items } = await golden.get('/accounts/not-served');
      expect(items.map((item: { id: string }) => item.id).sort()).toEqual(
        ['oauth', 'login', 'gemini'].map(idOf).sort(),
      );
      expect([(await claude('bound to oauth')).status, (await codex('bound to oauth')).status]).toEqual([503, 503]);
    });

    it('takes a session of an account that it does not serve for a new one', async () => {
      const user = `user_${'b'.repeat(64)}_account__session_77777777-0000-4000-8000-000000000007`;
      expect((await claude('legacy', { metadata: { user_id: user } })).status).toBe(200);
    });

    it('counts the week of the switch on', async () => {
      const weekly = async (name: string) => (await golden.get(`/keys/${idOf(name)}/stats`)).limits.weekly.used;
      expect([await weekly('old week'), await weekly('new week')]).toEqual([1.25, 0.5]);
      const spent = await claude('old week');
      expect([spent.status, spent.body.error.message]).toEqual([402, expect.stringContaining('weekly limit of $1.00')]);
      expect((await claude('new week')).status).toBe(200);
    });

    it('reads the settings', async () => {
      expect(await golden.get('/settings/relay')).toMatchObject({ concurrentRequestQueueEnabled: true });
      expect((await golden.get('/settings/service-rates')).rates).toMatchObject({ claude: 2 });
    });

    it('leaves alone what it does not know', async () => {
      expect(await golden.store.get('username:ada')).toBe('a'.repeat(32));
      expect(await golden.store.get('sticky_session:abc')).toBe(idOf('login'));
      expect(await golden.store.type(`user:${'a'.repeat(32)}`)).toBe('string');
    });
  },
  {
    add: async (store, url) => {
      await addKeys(store);
      await addAccounts(store, url);
      await addOthers(store);
    },
  },
);
