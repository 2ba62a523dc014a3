import type { ListAnswer, MadeAnswer, V1Upgrade } from './v1-upgrade.ts';

const NEW_PASSWORD = 'Another-Passw0rd!';

/** What an administrator does while the gateway runs on a database of v1: every kind of change once. */
export class V1AdminWork {
  constructor(private readonly gateway: V1Upgrade) {}

  async onKeys(): Promise<void> {
    const { gateway } = this;
    const { id: changed } = gateway.key('limited');
    const settings = {
      description: 'changed',
      tags: ['team-a', 'new'],
      dailyCostLimit: 12.5,
      rateLimitCost: 0.75,
      permissions: ['claude', 'codex'],
      serviceRates: { codex: 1.5 },
      enableModelRestriction: true,
      modelRestrictionMode: 'deny',
      restrictedModels: ['gpt-4'],
      allowedClients: ['codex_cli'],
      expiresAt: '2031-01-02T03:04:05.000Z',
      weeklyResetDay: 5,
      weeklyResetHour: 9,
    };
    await gateway.admin('PUT', `/keys/${changed}`, settings);
    await gateway.admin('PUT', `/keys/${changed}`, { expiresAt: null, permissions: null, isActive: false });
    const rule = { path: 'reasoning.effort', valueType: 'string', value: 'high' };
    const { id } = await gateway.admin('POST', '/keys', {
      name: 'made here',
      ...settings,
      enableOpenAIResponsesPayloadRules: true,
      openaiResponsesPayloadRules: [rule],
    });
    await gateway.admin('POST', '/keys', { name: 'bare' });
    // v1 knows no such list.
    await gateway.admin('POST', '/keys', { name: 'only these', enableModelRestriction: true, restrictedModels: ['x'] });
    await gateway.admin('POST', '/keys', { name: 'later', expirationMode: 'activation', activationDays: 3 });
    await gateway.admin('POST', `/keys/${id}/regenerate`);
    await gateway.admin('DELETE', `/keys/${id}`);
    await gateway.admin('POST', `/keys/${id}/restore`);
    await gateway.admin('DELETE', `/keys/${gateway.key('expired').id}`);
    await gateway.admin('DELETE', `/keys/${gateway.key('expired').id}/permanent`);
    await gateway.admin('POST', `/keys/${gateway.key('deleted').id}/restore`);
    const { items } = await gateway.admin<ListAnswer<MadeAnswer>>('POST', '/keys/batch', {
      name: 'one of many',
      count: 3,
      tags: ['batch'],
    });
    const ids = items.map(({ id: made }) => made);
    await gateway.admin('PUT', '/keys/batch', { ids, changes: { totalCostLimit: 3, addTags: ['more'] } });
    await gateway.admin('DELETE', '/keys/batch', { ids: ids.slice(1) });
    await gateway.admin('POST', '/tags', { name: 'by itself' });
    await gateway.admin('PUT', '/tags/team-b', { name: 'team-c' });
    await gateway.admin('DELETE', '/tags/ci');
  }

  async onAccounts(): Promise<void> {
    const { gateway } = this;
    const proxy = { type: 'socks5', host: 'proxy.example', port: 1080, username: 'u', password: 'p' };
    for (const platform of ['claude-console', 'codex']) {
      const { id } = await gateway.admin('POST', `/accounts/${platform}`, {
        name: 'made here',
        apiUrl: gateway.simulator.url,
        apiKey: 'sk-new',
        priority: 90,
        dailyQuota: 7.25,
        subscriptionExpiresAt: '2031-01-02T03:04:05.000Z',
        proxy,
        ...(platform === 'claude-console'
          ? { supportedModels: { 'claude-x': 'vendor-x' }, maxConcurrentTasks: 3 }
          : {}),
      });
      const path = `/accounts/${platform}/${id}`;
      await gateway.admin('PUT', path, {
        description: 'changed',
        apiKey: 'sk-newer',
        rateLimitDuration: 5,
        proxy: null,
      });
      for (const times of [1, 2]) {
        await gateway.admin('POST', `${path}/toggle`, {});
        if (times === 1) await gateway.admin('POST', `${path}/toggle-schedulable`, {});
      }
      await gateway.admin('PUT', path, { accountType: 'dedicated' });
      await gateway.admin('PUT', path, { accountType: 'shared' });
      await gateway.admin('POST', `${path}/reset-rate-limit`);
    }
    const removed = gateway.account('console-paused');
    await gateway.admin('DELETE', `/accounts/claude-console/${removed.id}`);
  }

  async onGroups(): Promise<void> {
    const { gateway } = this;
    for (const [platform, name] of [
      ['claude', 'console-mapped'],
      ['codex', 'codex-second'],
    ] as const) {
      const kept = await gateway.admin('POST', '/account-groups', { name: `${platform} group`, platform });
      const accountId = gateway.account(name).id;
      await gateway.admin('POST', `/account-groups/${kept.id}/members`, { accountId });
      await gateway.admin('PUT', `/account-groups/${kept.id}`, { description: 'changed' });
      const gone = await gateway.admin('POST', '/account-groups', { name: `${platform} gone`, platform });
      await gateway.admin('POST', `/account-groups/${gone.id}/members`, { accountId });
      await gateway.admin('DELETE', `/account-groups/${gone.id}/members/${accountId}`);
      await gateway.admin('DELETE', `/account-groups/${gone.id}`);
      const field = platform === 'claude' ? 'claudeAccountId' : 'codexAccountId';
      await gateway.admin('POST', '/keys', { name: `${platform} in a group`, [field]: `group:${kept.id}` });
    }
    const { id } = gateway.account('codex-primary');
    await gateway.admin('POST', '/keys', { name: 'bound to codex', codexAccountId: id });
  }

  async onSettings(): Promise<void> {
    const { gateway } = this;
    const { made } = gateway;
    await gateway.admin('PUT', '/settings/service-rates', { rates: { codex: 2, claude: 1.1 } });
    await gateway.admin('PUT', '/settings/relay', {
      concurrentRequestQueueEnabled: true,
      concurrentRequestQueueMaxSize: 5,
    });
    await gateway.admin('PUT', '/settings/prices/made-up', { input: 1, output: 2 });
    await gateway.admin('POST', '/auth/change-password', {
      currentPassword: made.admin.password,
      newPassword: NEW_PASSWORD,
    });
  }
}
