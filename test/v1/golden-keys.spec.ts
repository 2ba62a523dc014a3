import { expect, it } from '@jest/globals';
import { keys } from '@crs/store';
import { describeOnGolden } from '../support/golden-app.js';

const DAY_MS = 86_400_000;
const MODEL = 'claude-sonnet-4-5-20250929';
const message = (change: object = {}) => ({
  model: MODEL,
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Hello' }],
  ...change,
});

/** v1 says `openai` where this gateway says `codex`. */
const asToldBy = (asked: Readonly<Record<string, unknown>>) => ({
  ...asked,
  ...(Array.isArray(asked['permissions']) && {
    permissions: asked['permissions'].map((name) => (name === 'openai' ? 'codex' : name)),
  }),
});

describeOnGolden('keys', (golden) => {
  it('go on in the window that runs', async () => {
    const { id, key } = golden.key('limited');
    const now = golden.clock.ms;
    golden.clock.ms = golden.number(keys.limits.windowStart(id)) + 60_000;
    const statuses: number[] = [];
    // Five requests fit into the window, and two were made.
    for (let at = 0; at < 4; at += 1) statuses.push((await golden.send('/api/v1/messages', key, message())).status);
    golden.clock.ms = now;
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('are what the administrator had asked for', async () => {
    for (const { id, name, asked } of golden.made.keys) {
      const told = await golden.get(`/keys/${id}`);
      expect(told).toMatchObject({ ...asToldBy(asked), name });
      expect([name, told.isActive, told.isDeleted]).toEqual([
        name,
        !/^(disabled|deleted)/.test(name),
        name.startsWith('deleted'),
      ]);
    }
  });

  it('are listed, but for the deleted one', async () => {
    const { items, total } = await golden.get('/keys?limit=100');
    expect(total).toBe(12);
    const names = golden.made.keys.map(({ name }) => name).filter((name) => !name.startsWith('deleted'));
    expect(items.map((item: { name: string }) => item.name).sort()).toEqual(names.sort());
    expect((await golden.get('/keys?deletedOnly=true')).items).toMatchObject([{ id: golden.key('deleted').id }]);
  });

  it('have their tags', async () => {
    const { items } = await golden.get('/tags');
    expect(items.map((item: { name: string }) => item.name).sort()).toEqual(['ci', 'team-a', 'team-b']);
    const tagged = await golden.get('/keys?tag=team-a');
    expect(tagged.items).toMatchObject([{ id: golden.key('claude-only').id }]);
  });

  it.each([
    ['plain', 200, ''],
    ['claude-only', 200, ''],
    ['limited', 200, ''],
    ['models', 200, ''],
    ['expires', 200, ''],
    ['activation-used', 200, ''],
    ['codex-only', 403, 'permission_error'],
    ['clients', 403, 'permission_error'],
    ['expired', 401, 'authentication_error'],
    ['disabled', 401, 'authentication_error'],
    ['deleted', 401, 'authentication_error'],
  ])('%s is answered with %d', async (name, status, type) => {
    const answer = await golden.send('/api/v1/messages', golden.key(name).key, message());
    expect([answer.status, answer.body.error?.type ?? '']).toEqual([status, type]);
  });

  it('do not use the models that were taken from them', async () => {
    const { key } = golden.key('models');
    const answer = await golden.send('/api/v1/messages', key, message({ model: 'claude-opus-4-1-20250805' }));
    expect(answer.status).toBe(403);
  });

  // Codex gives up at a 400, and tries again at v1's 403.
  it.each([
    ['codex-only', 200, ''],
    ['plain', 200, ''],
    ['claude-only', 400, 'permission_denied'],
  ])('%s is answered with %d by Codex', async (name, status, code) => {
    const answer = await golden.send('/openai/responses', golden.key(name).key, {
      model: 'gpt-5-codex',
      input: 'Hello',
    });
    expect([answer.status, answer.body.error?.code ?? '']).toEqual([status, code]);
  });

  it('are refused when nobody has them', async () => {
    expect((await golden.send('/api/v1/messages', `cr_${'0'.repeat(64)}`, message())).status).toBe(401);
  });

  it('begin their time with the first use', async () => {
    const { id, key } = golden.key('activation');
    expect(await golden.get(`/keys/${id}`)).toMatchObject({ isActivated: false, activatedAt: null, expiresAt: null });
    expect((await golden.send('/api/v1/messages', key, message())).status).toBe(200);
    expect(await golden.get(`/keys/${id}`)).toMatchObject({
      isActivated: true,
      activatedAt: new Date(golden.clock.ms).toISOString(),
      expiresAt: new Date(golden.clock.ms + 30 * DAY_MS).toISOString(),
    });
  });

  it('that had begun their time keep its end', async () => {
    const { id, key } = golden.key('activation-used');
    const { activatedAt, expiresAt } = golden.hash(keys.apiKey.record(id)) ?? {};
    expect(await golden.get(`/keys/${id}`)).toMatchObject({ isActivated: true, activatedAt, expiresAt });
    const now = golden.clock.ms;
    golden.clock.ms = Date.parse(expiresAt ?? '') + 1;
    expect((await golden.send('/api/v1/messages', key, message())).status).toBe(401);
    golden.clock.ms = now;
  });
});
