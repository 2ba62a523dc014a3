import { describe, expect, it } from '@jest/globals';
import { RefusalRig } from '../support/sdk-refusals.ts';

describe('the models of a key', () => {
  const rig = RefusalRig.forSuite();

  const modelsOf = async (key: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of rig.client(key).sdk.models.list()) ids.push(id);
    return ids;
  };

  const account = (apiKey: string, models: Record<string, string> = {}): Promise<string> =>
    rig.app.account(rig.simulator.url, apiKey, { accountType: 'group', supportedModels: models });

  const boundTo = async (accounts: readonly string[], settings: object = {}): Promise<string> => {
    const { body: group } = await rig.app.api('POST', '/account-groups', { name: 'team', platform: 'claude' });
    const filled = await rig.app.api('PUT', `/account-groups/${group.id}/members`, { accountIds: accounts });
    expect(filled.status).toBe(200);
    return (await rig.app.key({ claudeAccountId: `group:${group.id}`, ...settings })).key;
  };

  it('are the mapped names of the accounts in its group, and of no other account', async () => {
    await rig.app.account(rig.simulator.url, 'up-elsewhere', { supportedModels: { elsewhere: 'x' } });
    const accounts = [
      await account('up-1', { 'our-opus': 'vendor-opus' }),
      await account('up-2', { 'our-haiku': 'h' }),
    ];
    expect(await modelsOf(await boundTo(accounts))).toEqual(['our-haiku', 'our-opus']);
  });

  it('are those of the price book, too, where an account of the group maps none', async () => {
    const accounts = [await account('up-3', { 'our-opus': 'vendor-opus' }), await account('up-4')];
    const models = await modelsOf(await boundTo(accounts));
    expect(models).toContain('our-opus');
    expect(models).toEqual(expect.arrayContaining([expect.stringMatching(/^claude-sonnet-/)]));
    expect(models).toEqual([...models].sort());
  });

  it.each([
    ['deny', ['our-opus'], ['our-haiku']],
    ['allow', ['our-opus', 'not-there'], ['our-opus']],
  ] as const)('are what its restriction leaves (%s)', async (modelRestrictionMode, restrictedModels, expected) => {
    const accounts = [await account(`up-${modelRestrictionMode}`, { 'our-opus': 'o', 'our-haiku': 'h' })];
    const restricted = { enableModelRestriction: true, modelRestrictionMode, restrictedModels };
    expect(await modelsOf(await boundTo(accounts, restricted))).toEqual(expected);
  });

  it('are none where its group is empty or the service is not its own', async () => {
    expect(await modelsOf(await boundTo([]))).toEqual([]);
    expect(await modelsOf((await rig.app.key({ permissions: ['codex'] })).key)).toEqual([]);
  });

  it('can be asked for: the group serves them under their names', async () => {
    const key = await boundTo([await account('up-5', { 'our-opus': 'vendor-opus' })]);
    const { sdk } = rig.client(key);
    const question = { max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hello' }] };
    expect(await sdk.messages.create({ ...question, model: 'our-opus' })).toMatchObject({ model: 'our-opus' });
    expect(JSON.parse(String(rig.simulator.requests('up-5')[0]?.body))).toMatchObject({ model: 'vendor-opus' });
  });

  it('count for the weekly limit of Claude models by the names under which they are booked', async () => {
    const accounts = [await account('up-6', { fast: 'claude-opus-4-5', 'claude-sonnet-4-5': 'glm-4.6' })];
    const { sdk } = rig.client(await boundTo(accounts, { weeklyOpusCostLimit: 0.000001 }));
    const create = (model: string): Promise<unknown> =>
      sdk.messages.create({ max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }], model });
    await create('claude-sonnet-4-5');
    await create('fast');
    await expect(create('fast')).rejects.toMatchObject({ status: 402 });
    await create('claude-sonnet-4-5');
  });
});
