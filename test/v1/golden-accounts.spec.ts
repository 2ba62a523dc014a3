import { expect, it } from '@jest/globals';
import { describeOnGolden, type GoldenApp } from '../support/golden-app.js';

const MODEL = 'claude-sonnet-4-5-20250929';
const ofSession = (session: string) => ({
  model: MODEL,
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Hello' }],
  metadata: { user_id: `user_${'a'.repeat(64)}_account__session_${session}` },
});
type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };

const listed = async (golden: GoldenApp, platform: string): Promise<readonly Item[]> =>
  (await golden.get(`/accounts/${platform}`)).items;
/** By the end of its secret: every version's first Claude account has `-1`. */
const secret = ({ made }: GoldenApp, platform: string, number: number): string =>
  made.accounts.find((each) => each.platform === platform && each.secret.endsWith(`-${number}`))?.secret ?? '';

describeOnGolden('accounts', (golden) => {
  const suffix = () => golden.key('plain').name.slice(-1);
  const idOf = async (platform: string, name: string): Promise<string> => {
    const found = (await listed(golden, platform)).find((each) => each.name === `${name}-${suffix()}`);
    if (found === undefined) throw new Error(`There is no account ${name}`);
    return found.id;
  };
  const change = async (platform: string, name: string, fields: object): Promise<string> => {
    const id = await idOf(platform, name);
    const { status, body } = await golden.app.api('PUT', `/accounts/${platform}/${id}`, fields);
    expect([status, body.detail]).toEqual([200, undefined]);
    return id;
  };

  it('are all listed, with what was asked for', async () => {
    const shown = (await listed(golden, 'claude-console')).map((each) => [
      each.name.slice(0, -2),
      each['accountType'],
      each['priority'],
      each['schedulable'],
      each['status'],
      each['supportedModels'],
    ]);
    const mapped = { 'claude-sonnet-4-5-20250929': 'claude-sonnet-4-5-20250929' };
    expect(shown.sort()).toEqual([
      [
        'console-dedicated',
        ...['dedicated', 20, true, 'active'],
        { ...mapped, 'claude-haiku-4-5-20251001': 'claude-haiku-4-5-20251001' },
      ],
      ['console-mapped', 'shared', 50, true, 'active', { ...mapped, 'claude-opus-4-1-20250805': 'vendor-opus' }],
      ['console-paused', 'shared', 1, false, 'active', {}],
      ['console-primary', 'shared', 10, true, 'active', {}],
    ]);
    expect((await listed(golden, 'codex')).map((each) => [each.name.slice(0, -2), each['accountType']]).sort()).toEqual(
      [
        ['codex-primary', 'shared'],
        ['codex-second', 'dedicated'],
      ],
    );
  });

  it('keep their proxies, whose passwords are not told', async () => {
    const id = await idOf('claude-console', 'console-dedicated');
    const { proxy } = await golden.get(`/accounts/claude-console/${id}`);
    expect(proxy).toMatchObject({ type: 'socks5', host: '127.0.0.1', port: 1080, username: 'u' });
    expect(JSON.stringify(proxy)).not.toContain('"p"');
  });

  it('of a session get its next request, whatever others came first', async () => {
    const mapped = golden.keysOf('unified_claude_session_mapping:').map((key) => key.split(':')[1] ?? '');
    expect(mapped).toHaveLength(7);
    await change('claude-console', 'console-primary', { priority: 90 });
    const asked = (number: number) => golden.simulator.requests(secret(golden, 'claude-console', number)).length;
    const { key } = golden.key('plain');
    const before = [asked(1), asked(2)];
    for (const session of mapped) {
      expect((await golden.send('/api/v1/messages', key, ofSession(session))).status).toBe(200);
    }
    expect([asked(1), asked(2)]).toEqual([(before[0] ?? 0) + 7, before[1]]);
    await golden.send('/api/v1/messages', key, ofSession('99999999-0000-4000-8000-000000000009'));
    expect(asked(2)).toBe((before[1] ?? 0) + 1);
    await change('claude-console', 'console-primary', { priority: 10 });
  });

  it('of Codex get the next request of their sessions', async () => {
    await change('codex', 'codex-primary', { priority: 90 });
    const id = await change('codex', 'codex-second', { priority: 1, accountType: 'shared', proxy: null });
    const asked = (number: number) => golden.simulator.requests(secret(golden, 'codex', number)).length;
    const { key } = golden.key('plain');
    const body = { model: 'gpt-5-codex', input: 'Hello' };
    const before = asked(1);
    const mapped = { session_id: `sess-${suffix()}-plain` };
    expect((await golden.send('/openai/responses', key, body, mapped)).status).toBe(200);
    expect(asked(1)).toBe(before + 1);
    expect((await golden.send('/openai/responses', key, body, { session_id: 'new' })).status).toBe(200);
    expect([asked(1), asked(2)]).toEqual([before + 1, 1]);
    expect((await golden.get(`/accounts/codex/${id}`)).hasApiKey).toBe(true);
  });

  it('are asked with the very secrets that were put in', async () => {
    const { id, key } = golden.key('bound');
    const bindings = { 'claude-console': 'claudeConsoleAccountId', codex: 'codexAccountId' } as const;
    for (const [platform, field] of Object.entries(bindings)) {
      for (const { id: account, name } of await listed(golden, platform)) {
        await change(platform, name.slice(0, -2), { proxy: null, schedulable: true });
        expect((await golden.app.api('PUT', `/keys/${id}`, { [field]: account })).status).toBe(200);
        const before = golden.simulator.log.length;
        const answer =
          platform === 'codex'
            ? await golden.send('/openai/responses', key, { model: 'gpt-5-codex', input: 'Hello' })
            : await golden.send('/api/v1/messages', key, ofSession('11111111-2222-4333-8444-555555555555'));
        expect([name, answer.status]).toEqual([name, 200]);
        expect(golden.simulator.log.length).toBe(before + 1);
      }
    }
    for (const { platform, secret: each } of golden.made.accounts) {
      expect([platform, each, golden.simulator.requests(each).length > 0]).toEqual([platform, each, true]);
    }
  });
});
