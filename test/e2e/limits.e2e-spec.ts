import { randomUUID } from 'node:crypto';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { ask, expectRefusal, MODEL, QUESTION, type Refusal, RefusalRig, sdkErrorOf } from '../support/sdk-refusals.ts';

const BODY_LIMIT = 64 * 1024;

/** What Claude Code shows of itself; `anthropic-version` comes from the SDK. */
const CLAUDE_CODE_HEADERS = {
  'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)',
  'x-app': 'cli',
  'anthropic-beta': 'claude-code-20250219',
};
const CLAUDE_CODE_USER = {
  user_id: JSON.stringify({ device_id: 'ab'.repeat(32), account_uuid: '', session_id: randomUUID() }),
};

const unauthorized = (message: RegExp): Refusal => ({ status: 401, type: 'authentication_error', message });
const forbidden = (message: RegExp): Refusal => ({ status: 403, type: 'permission_error', message });
const invalid = (message: RegExp): Refusal => ({ status: 400, type: 'invalid_request_error', message });

describe('what the official SDK is told at once', () => {
  const rig = RefusalRig.forSuite({ http: { bodyLimitBytes: BODY_LIMIT } });

  describe('of a key', () => {
    const expire = (id: string): Promise<unknown> =>
      rig.app.app
        .get<StoreClient>(STORE_CLIENT)
        .hset(keys.apiKey.record(id), { expiresAt: '2020-01-01T00:00:00.000Z' });

    it('that is missing', async () => {
      const withoutKey = (init: RequestInit): RequestInit => {
        const headers = new Headers(init.headers);
        for (const name of ['x-api-key', 'authorization']) headers.delete(name);
        return { ...init, headers };
      };
      await rig.expectRefused(rig.client('none', {}, withoutKey), unauthorized(/missing/));
    });

    it.each([
      ['that nobody knows', `cr_${'0'.repeat(64)}`, /not found/],
      ['that is not of this gateway', 'sk-ant-api03-0123456789', /invalid/],
    ])('%s', async (_, key, message) => {
      await rig.expectRefused(rig.client(key), unauthorized(message));
    });

    it.each<[string, RegExp, (id: string) => Promise<unknown>]>([
      ['disabled', /disabled/, (id) => rig.app.api('PUT', `/keys/${id}`, { isActive: false })],
      ['deleted', /deleted|not found/, (id) => rig.app.api('DELETE', `/keys/${id}`)],
      ['expired', /expired/, expire],
    ])('that is %s', async (_, message, spoil) => {
      const { id, key } = await rig.app.key();
      await ask(rig.client(key).sdk, false);
      await spoil(id);
      await rig.expectRefused(rig.client(key), unauthorized(message));
    });

    it.each<[string, Record<string, unknown>, RegExp]>([
      ['service', { permissions: ['codex'] }, /may not use this service/],
      [
        'model',
        { enableModelRestriction: true, modelRestrictionMode: 'allow', restrictedModels: ['claude-haiku-4-5'] },
        /may not use the model claude-opus-5-5/,
      ],
      [
        'client',
        { enableClientRestriction: true, allowedClients: ['claude_code', 'codex_cli'] },
        /only be used by these clients: claude_code, codex_cli/,
      ],
    ])('that is not for this %s', async (_, settings, message) => {
      const { key } = await rig.app.key(settings);
      await rig.expectRefused(rig.client(key), forbidden(message));
    });
  });

  describe('of Claude Code', () => {
    it('where the key is for it alone: it is let in, and known by its headers and its user id', async () => {
      const { key } = await rig.app.key({ enableClientRestriction: true, allowedClients: ['claude_code'] });
      const client = rig.client(key, { defaultHeaders: CLAUDE_CODE_HEADERS });
      await ask(client.sdk, true, { ...QUESTION, metadata: CLAUDE_CODE_USER });
      await rig.expectRefused(client, forbidden(/only be used by these clients: claude_code\./));
      expect(rig.simulator.log).toHaveLength(1);
    });

    it('where the gateway is for it alone: nobody else is let in, but to count tokens', async () => {
      const { key } = await rig.app.key();
      await rig.app.api('PUT', '/settings/relay', { claudeCodeOnlyEnabled: true });
      try {
        await rig.expectRefused(rig.client(key), forbidden(/Only Claude Code may use this gateway/));
        await rig.client(key).sdk.messages.countTokens({ model: MODEL, messages: QUESTION.messages });
        const client = rig.client(key, { defaultHeaders: CLAUDE_CODE_HEADERS });
        await ask(client.sdk, true, { ...QUESTION, metadata: CLAUDE_CODE_USER });
      } finally {
        await rig.app.api('PUT', '/settings/relay', { claudeCodeOnlyEnabled: false });
      }
      await ask(rig.client(key).sdk, false);
    });
  });

  describe('of a body', () => {
    it.each<[string, object, RegExp]>([
      ['without a model', { messages: QUESTION.messages }, /model: this member is required/],
      ['without messages', { model: MODEL }, /messages: this member is required/],
    ])('%s', async (_, body, message) => {
      const { key } = await rig.app.key();
      await rig.expectRefused(rig.client(key), invalid(message), body);
    });

    it('that does not close', async () => {
      const { key } = await rig.app.key();
      const cut = (init: RequestInit): RequestInit => {
        const { 'content-length': _, ...headers } = Object.fromEntries(new Headers(init.headers));
        return { ...init, headers, body: typeof init.body === 'string' ? init.body.slice(0, -1) : '' };
      };
      await rig.expectRefused(rig.client(key, {}, cut), invalid(/not a JSON object/));
    });

    it('that is too large', async () => {
      const { key } = await rig.app.key();
      const tooLarge = { status: 413, type: 'request_too_large', message: /too large/ };
      const body = { ...QUESTION, system: 'x'.repeat(BODY_LIMIT) };
      await rig.expectRefused(rig.client(key), tooLarge, body);
    });
  });

  it('says it also where the upstream would have been asked for a count only', async () => {
    const { key } = await rig.app.key({ permissions: ['codex'] });
    const { sdk } = rig.client(key);
    const error = await sdkErrorOf(sdk.messages.countTokens({ model: MODEL, messages: QUESTION.messages }));
    expectRefusal(error, forbidden(/may not use this service/));
  });
});
