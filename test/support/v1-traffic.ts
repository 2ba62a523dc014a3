import { randomUUID } from 'node:crypto';
import type { ApiAnswer } from './test-app.ts';
import { CODEX_AGENT, codexQuestion } from './codex-pool.ts';
import { inChat, DIALECTS } from './client-dialects.ts';
import type { V1Upgrade } from './v1-upgrade.ts';

const CLAUDE_MODEL = 'claude-sonnet-4-5-20250929';
export const SESSION = '0b8bbdc5-6a11-4d6b-9a3e-52d5bd09b6f4';
type Platform = 'claude-console' | 'codex';
/** Of each platform the account that is asked first. */
const FIRST = { 'claude-console': 'console-primary', codex: 'codex-primary' } as const;

const USAGE = {
  inputTokens: 1203,
  outputTokens: 457,
  cacheReadTokens: 20_011,
  ephemeral5mTokens: 811,
  ephemeral1hTokens: 307,
};

const claudeQuestion = (stream: boolean, session = SESSION): Record<string, unknown> => ({
  model: CLAUDE_MODEL,
  max_tokens: 9,
  stream,
  metadata: { user_id: `user_${'0'.repeat(64)}_account__session_${session}` },
  messages: [{ role: 'user', content: 'Hello' }],
});

/** What clients and upstreams do while the gateway runs on a database of v1. */
export class V1Traffic {
  constructor(private readonly gateway: V1Upgrade) {}

  /** Every upstream answers well, with figures of every class. */
  answerWell(): void {
    const { simulator, made } = this.gateway;
    for (const { secret } of made.accounts) simulator.setDefault(secret, { usage: USAGE });
  }

  claude(key: string, stream: boolean, session = SESSION): Promise<ApiAnswer> {
    return this.gateway.app.call('POST', '/api/v1/messages', claudeQuestion(stream, session), { 'x-api-key': key });
  }

  codex(key: string, stream: boolean, session = SESSION): Promise<ApiAnswer> {
    return this.gateway.app.call('POST', '/openai/responses', codexQuestion(stream), {
      authorization: `Bearer ${key}`,
      'user-agent': CODEX_AGENT,
      session_id: session,
    });
  }

  chat(key: string, kind: keyof typeof DIALECTS, stream: boolean): Promise<ApiAnswer> {
    const dialect = inChat(DIALECTS[kind]);
    const body = dialect.bodyOf({ stream, text: 'Hello', session: SESSION });
    return this.gateway.app.call('POST', dialect.path, body, dialect.headersOf(key, SESSION));
  }

  /** A request that finds the only place of its key taken, waits for it, and is served. */
  async waitInTurn(): Promise<void> {
    const { gateway } = this;
    const queue = { concurrentRequestQueueEnabled: true };
    await gateway.admin('PUT', '/settings/relay', queue);
    const { key } = await gateway.admin('POST', '/keys', { name: 'one at a time', concurrencyLimit: 1 });
    const { secret } = gateway.account('console-primary');
    gateway.simulator.script(secret, [{ delayMs: 300, usage: USAGE }]);
    const answers = await Promise.all([this.claude(key, true), this.claude(key, true)]);
    if (answers.some(({ status }) => status !== 200)) throw new Error(`Not served: ${JSON.stringify(answers)}`);
  }

  /** Lets the account fail that is asked first. */
  async fail(platform: Platform, preset: string): Promise<void> {
    const { gateway } = this;
    const { secret } = gateway.account(FIRST[platform]);
    gateway.simulator.setDefault(secret, { preset });
    const { key } = gateway.key('plain');
    const session = randomUUID();
    await (platform === 'codex' ? this.codex(key, true, session) : this.claude(key, true, session));
    gateway.simulator.setDefault(secret, { usage: USAGE });
  }

  /** An answer of either platform that breaks after its first words. */
  async breakOff(platform: Platform): Promise<void> {
    const { gateway } = this;
    const { secret } = gateway.account(FIRST[platform]);
    const { key } = gateway.key('plain');
    gateway.simulator.setDefault(secret, {
      text: 'x'.repeat(400),
      deltaChars: 100,
      fail: { how: 'reset', afterEvents: 4 },
    });
    const session = randomUUID();
    await (platform === 'codex' ? this.codex(key, true, session) : this.claude(key, true, session));
    gateway.simulator.setDefault(secret, { usage: USAGE });
  }

  /** Whether v1 would leave the account alone. */
  async marked(platform: Platform): Promise<boolean> {
    const kind = platform === 'codex' ? 'openai-responses' : platform;
    const { id } = this.gateway.account(FIRST[platform]);
    return (await this.gateway.store.exists(`temp_unavailable:${kind}:${id}`)) === 1;
  }

  async heal(platform: Platform): Promise<void> {
    const { id } = this.gateway.account(FIRST[platform]);
    await this.gateway.admin('POST', `/accounts/${platform}/${id}/reset-rate-limit`);
  }
}
