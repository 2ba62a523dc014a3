import type { HeaderMap } from '@crs/extension-api';

/** What a request shows of the client that sends it. */
export interface ClientTraits {
  readonly headers: HeaderMap;
  /** `metadata.user_id` of the body is there in one of the forms that Claude Code writes. */
  readonly hasClaudeCodeUserId: boolean;
}

/** How a client is known. What it says in its prompts plays no part: the wording changes with every version. */
interface ClientDefinition {
  readonly userAgent: RegExp;
  readonly requiredHeaders: readonly string[];
  readonly hasUserId: boolean;
}

/** `claude-cli/2.1.330 (external, sdk-cli)`, `claude-cli/3.0.0-beta.1 (external, cli)`; the text behind may change. */
const CLAUDE_CODE: ClientDefinition = {
  userAgent: /^claude-cli\/\S/i,
  requiredHeaders: ['x-app', 'anthropic-beta', 'anthropic-version'],
  hasUserId: true,
};

/**
 * Every face of Codex names itself: `codex_cli_rs/0.50.0`, `codex_exec/0.169.0`, `codex-tui/0.142.0-alpha.10`,
 * `codex_vscode/0.153.0`, `Codex Desktop/0.153.4`, `codex_sdk_ts/0.60.0`.
 */
const CODEX_CLI: ClientDefinition = {
  userAgent: /^codex[ _-](?:cli(?:[_-]rs)?|exec|tui|vscode|desktop|sdk[_-][a-z]+)\/\d/i,
  requiredHeaders: [],
  hasUserId: false,
};

/** By the id that keys store. v1 also knows clients of services that are not served here; those never match. */
const CLIENTS: ReadonlyMap<string, ClientDefinition> = new Map([
  ['claude_code', CLAUDE_CODE],
  ['codex_cli', CODEX_CLI],
]);

/** Whether the request comes from one of these clients; null = any client may come. */
export function isClientAllowed(allowedClients: readonly string[] | null, traits: ClientTraits): boolean {
  if (allowedClients === null) return true;
  return allowedClients.some((id) => {
    const client = CLIENTS.get(id);
    return client !== undefined && isClient(client, traits);
  });
}

export const isClaudeCode = (traits: ClientTraits): boolean => isClient(CLAUDE_CODE, traits);

export const isCodex = (traits: ClientTraits): boolean => isClient(CODEX_CLI, traits);

function isClient({ userAgent, requiredHeaders, hasUserId }: ClientDefinition, traits: ClientTraits): boolean {
  return (
    userAgent.test(textOf(traits, 'user-agent')) &&
    requiredHeaders.every((name) => textOf(traits, name) !== '') &&
    (traits.hasClaudeCodeUserId || !hasUserId)
  );
}

const textOf = ({ headers }: ClientTraits, name: string): string => [headers[name] ?? ''].flat().join(',').trim();
