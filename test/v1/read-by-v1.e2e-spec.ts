import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { V1AdminWork } from '../support/v1-admin-work.ts';
import { V1_SETTINGS, V1_VERSIONS } from '../support/v1-golden.ts';
import { type AccountKindName, V1Reader } from '../support/v1-reader.ts';
import { SESSION, V1Traffic } from '../support/v1-traffic.ts';
import { type ListAnswer, STORE_KINDS, V1Upgrade } from '../support/v1-upgrade.ts';

type Shown = Readonly<Record<string, unknown>>;

interface Stats {
  readonly today: { readonly costUsd: number };
  readonly total: { readonly costUsd: number; readonly requests: number; readonly allTokens: number };
  readonly limits: { readonly weekly: { readonly used: number } };
}

const CASES = V1_VERSIONS.flatMap((version) => STORE_KINDS.map((kind) => ({ version, kind })));
const PLATFORMS: readonly AccountKindName[] = ['claude-console', 'codex'];
const V1_TYPES = { 'claude-console': 'claude-console', codex: 'openai-responses' } as const;
/** Fields of a key that both say in the same words. */
const SAME_TEXTS = [
  ...['name', 'description', 'expirationMode', 'createdBy', 'isActive', 'isActivated', 'tokenLimit'],
  ...['concurrencyLimit', 'rateLimitWindow', 'rateLimitRequests', 'rateLimitCost', 'dailyCostLimit', 'totalCostLimit'],
  ...['weeklyOpusCostLimit', 'createdAt', 'enableClientRestriction'],
];
const SAME_LISTS = ['tags', 'allowedClients'];
/** As v1 writes it: nothing is an empty text. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** What v1 would deny; it knows no list of models that are allowed. */
const denied = ({
  modelRestrictionMode,
  enableModelRestriction,
  restrictedModels,
}: Record<string, unknown>): unknown =>
  modelRestrictionMode === 'deny' ? [String(enableModelRestriction), restrictedModels] : ['false', []];

describe.each(CASES)('v1 reads after us on a database of $version in the $kind store', ({ version, kind }) => {
  let gateway: V1Upgrade;
  let traffic: V1Traffic;
  let v1: V1Reader;

  beforeAll(async () => {
    gateway = await V1Upgrade.start(version, kind);
    traffic = new V1Traffic(gateway);
    v1 = new V1Reader(gateway.store, V1_SETTINGS);
    traffic.answerWell();
    const admin = new V1AdminWork(gateway);
    await admin.onKeys();
    await admin.onAccounts();
    await admin.onGroups();
    for (const stream of [true, false]) {
      await traffic.claude(gateway.key('plain').key, stream);
      await traffic.codex(gateway.key('plain').key, stream);
    }
    await gateway.app.flushed();
  });
  afterAll(() => gateway.close());

  const keysOfApi = async (): Promise<readonly Shown[]> =>
    (await gateway.admin<ListAnswer>('GET', '/keys?includeDeleted=true&limit=100&sort=createdAt&order=desc')).items;

  it('the same keys with the same settings', async () => {
    const shown = new Map((await keysOfApi()).map((key) => [key['id'], key]));
    const read = await v1.listKeys();
    expect(read.map(({ id }) => id).sort()).toEqual([...shown.keys()].sort());
    for (const fields of read) {
      const key = shown.get(fields['id']) ?? {};
      for (const name of SAME_TEXTS) expect([name, fields[name]]).toEqual([name, textOf(key[name])]);
      for (const name of SAME_LISTS) expect([name, JSON.parse(fields[name] ?? '')]).toEqual([name, key[name]]);
      expect([fields['enableModelRestriction'], JSON.parse(fields['restrictedModels'] ?? '')]).toEqual(denied(key));
      for (const name of ['expiresAt', 'activatedAt', 'lastUsedAt'])
        expect([name, fields[name]]).toEqual([name, key[name] ?? '']);
      expect(fields['isDeleted'] === 'true').toBe(key['isDeleted']);
      const ours = (name: string): string => (name === 'openai' ? 'codex' : name);
      expect(v1.permissionsOf(fields).map(ours)).toEqual(key['permissions']);
    }
  });

  it('the same index sets', async () => {
    const keys = await keysOfApi();
    const idsOf = (some: readonly Record<string, unknown>[]): string[] => some.map(({ id }) => String(id)).sort();
    await expect(v1.idsIn('deleted')).resolves.toEqual(idsOf(keys.filter((key) => key['isDeleted'] === true)));
    await expect(v1.idsIn('active')).resolves.toEqual(
      idsOf(keys.filter((key) => key['isDeleted'] !== true && key['isActive'] === true)),
    );
    const names = keys.map((key) => [String(key['name']).toLowerCase(), key['id']]);
    expect((await v1.listNames()).sort()).toEqual(names.sort());
    const { items: tags } = await gateway.admin<ListAnswer<{ name: string }>>('GET', '/tags?limit=100');
    // Deleted keys keep their tags, for the day on which they are restored; neither lists them.
    const deleted = new Set(await v1.idsIn('deleted'));
    const countOf = (ids: readonly string[]): number => ids.filter((id) => !deleted.has(id)).length;
    expect(Object.entries(await v1.listTags()).map(([name, ids]) => ({ name, keys: countOf(ids) }))).toEqual(
      tags.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  });

  it('the same keys in, and the same ones out', async () => {
    const { key } = await gateway.admin('POST', '/keys', { name: 'made for v1', permissions: ['codex'] });
    const secrets = [...gateway.made.keys.map((made) => made.key), key];
    const verdicts = new Set<boolean>();
    for (const secret of secrets) {
      const read = await v1.authenticate(secret, Date.now());
      const { status } = await gateway.app.call('GET', '/api/v1/key-info', undefined, { 'x-api-key': secret });
      expect([secret, typeof read === 'string']).toEqual([secret, status === 401]);
      verdicts.add(status === 401);
    }
    expect(verdicts.size).toBe(2);
  });

  it.each(PLATFORMS)('the same accounts of %s', async (platform) => {
    const { items } = await gateway.admin<ListAnswer>('GET', `/accounts/${platform}?limit=100`);
    const shown = new Map(items.map((account) => [account['id'], account]));
    const read = await v1.listAccounts(platform);
    expect(read.map(({ id }) => id)).toEqual([...shown.keys()].sort());
    for (const fields of read) {
      const account = shown.get(fields['id'] ?? '') ?? {};
      for (const name of ['name', 'description', 'priority', 'isActive', 'schedulable', 'accountType', 'dailyQuota'])
        expect([name, fields[name]]).toEqual([name, textOf(account[name])]);
      expect(fields['apiUrl'] ?? fields['baseApi']).toBe(account['apiUrl']);
      expect(v1.unsealKey(platform, fields)).toMatch(/^sk-/);
    }
    const shared = read.filter((fields) => fields['accountType'] === 'shared').map(({ id }) => id);
    await expect(v1.sharedIds(platform)).resolves.toEqual(shared);
    const { id, secret } = gateway.account(platform === 'codex' ? 'codex-primary' : 'console-primary');
    expect(v1.unsealKey(platform, read.find((fields) => fields['id'] === id) ?? {})).toBe(secret);
  });

  it('the same groups and members, from both sides', async () => {
    const { items } = await gateway.admin<ListAnswer>('GET', '/account-groups?limit=100');
    const read = await v1.listGroups();
    const service = { claude: 'claude', openai: 'codex' } as Record<string, string>;
    expect(
      read.map(({ group, members }) => [group['id'], group['name'], service[group['platform'] ?? ''], members.length]),
    ).toEqual(
      items
        .map(({ id, name, platform, memberCount }) => [id, name, platform, memberCount])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
    expect(read).toHaveLength(2);
  });

  it('the account that a session is with', async () => {
    const { id: keyId } = gateway.key('plain');
    const { items } = await gateway.admin<ListAnswer>('GET', `/keys/${keyId}/records?limit=2`);
    const accounts = items.map(({ accountId }) => accountId);
    const sessions = [
      await v1.findSticky('claude', SESSION),
      await v1.findSticky('openai', createHash('sha256').update(SESSION).digest('hex')),
    ];
    expect(sessions).toEqual([
      { accountId: expect.any(String), accountType: 'claude-console' },
      { accountId: expect.any(String), accountType: 'openai-responses' },
    ]);
    expect((sessions as { accountId: string }[]).map(({ accountId }) => accountId).sort()).toEqual(accounts.sort());
  });

  it('the same requests, tokens and costs', async () => {
    for (const name of ['plain', 'claude-only', 'limited']) {
      const { id } = gateway.key(name);
      const stats = await gateway.admin<Stats>('GET', `/keys/${id}/stats`);
      const fields = (await v1.listKeys()).find((key) => key['id'] === id) ?? {};
      const { today, week, total } = await v1.costsOf(fields, Date.now());
      expect(today).toBeCloseTo(stats.today.costUsd, 9);
      expect(week).toBeCloseTo(stats.limits.weekly.used, 9);
      expect(total).toBeCloseTo(stats.total.costUsd, 9);
      expect(total).toBeGreaterThan(0);
      const totals = await v1.totalsOf(id);
      expect([totals['totalRequests'], totals['totalAllTokens']]).toEqual([
        String(stats.total.requests),
        String(stats.total.allTokens),
      ]);
    }
  });

  it.each(PLATFORMS)('which accounts of %s are left alone, and until when', async (platform) => {
    await traffic.fail(platform, 'unavailable');
    const { id } = gateway.account(platform === 'codex' ? 'codex-primary' : 'console-primary');
    const read = await v1.findTempUnavailable(V1_TYPES[platform], id);
    const { marks } = await gateway.admin<{ marks: readonly Shown[] }>('GET', `/accounts/${platform}/${id}`);
    expect(marks).toContainEqual(
      expect.objectContaining({ statusCode: read?.['statusCode'], until: read?.['expiresAt'] }),
    );
    expect(read).toMatchObject({ statusCode: 503, errorType: expect.any(String), ttlSeconds: expect.any(Number) });
  });
});
