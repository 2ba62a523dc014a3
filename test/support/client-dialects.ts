export type DialectName = 'claude-console' | 'codex';

/** The protocol of the answers. */
export type Speech = 'messages' | 'responses' | 'chat';

interface Question {
  readonly stream: boolean;
  readonly text: string;
  /** A UUID. */
  readonly session: string;
}

/** How the clients of a platform ask, and what an administrator sets up for them. */
export interface ClientDialect {
  /** The platform's name in the admin API. */
  readonly name: DialectName;
  readonly speech: Speech;
  readonly model: string;
  /** What a group of its accounts is for. */
  readonly groupPlatform: string;
  /** The field of a key that binds it to an account or a group. */
  readonly bindingField: string;
  readonly path: string;
  /** Fields of an account that let it have so many requests at the same time; none where accounts have no limit. */
  readonly slots: (count: number) => Readonly<Record<string, unknown>>;
  readonly headersOf: (secret: string, session: string) => Record<string, string>;
  readonly bodyOf: (question: Question) => Readonly<Record<string, unknown>>;
}

const CLAUDE = 'claude-sonnet-4-5';
const GPT = 'gpt-5.5';
const JSON_TYPE = { 'content-type': 'application/json' };

/** Claude Code on accounts of the Messages API. */
const claudeConsole: ClientDialect = {
  name: 'claude-console',
  speech: 'messages',
  model: CLAUDE,
  groupPlatform: 'claude',
  bindingField: 'claudeConsoleAccountId',
  path: '/api/v1/messages',
  slots: (count) => ({ maxConcurrentTasks: count }),
  headersOf: (secret, session) => ({
    ...JSON_TYPE,
    'x-api-key': secret,
    'anthropic-version': '2023-06-01',
    'x-claude-code-session-id': session,
  }),
  bodyOf: ({ stream, text }) => ({
    model: CLAUDE,
    max_tokens: 64,
    stream,
    messages: [{ role: 'user', content: text }],
  }),
};

/** Codex on accounts of the Responses API. */
const codex: ClientDialect = {
  name: 'codex',
  speech: 'responses',
  model: GPT,
  groupPlatform: 'codex',
  bindingField: 'codexAccountId',
  path: '/openai/responses',
  slots: () => ({}),
  headersOf: (secret, session) => ({
    ...JSON_TYPE,
    authorization: `Bearer ${secret}`,
    'user-agent': 'codex_exec/0.169.0',
    'session-id': session,
  }),
  bodyOf: ({ stream, text, session }) => ({
    model: GPT,
    stream,
    store: false,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: session,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }],
  }),
};

export const DIALECTS: Readonly<Record<DialectName, ClientDialect>> = { 'claude-console': claudeConsole, codex };

/** A client of chat completions on the same accounts, for which the gateway translates. */
export const inChat = (dialect: ClientDialect): ClientDialect => ({
  ...dialect,
  speech: 'chat',
  path: '/openai/v1/chat/completions',
  bodyOf: ({ stream, text, session }) => ({
    model: dialect.model,
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    prompt_cache_key: session,
    messages: [{ role: 'user', content: text }],
  }),
});

/**
 * The dialects that an option of a command names: one of them, or `all`.
 *
 * @throws Error that names the choices
 */
export function dialectsNamed(name: string): readonly ClientDialect[] {
  const all = Object.values(DIALECTS);
  const found = name === 'all' ? all : all.filter((dialect) => dialect.name === name);
  if (found.length > 0) return found;
  throw new Error(`There is no platform "${name}"; there are: ${all.map((dialect) => dialect.name).join(', ')}, all`);
}
