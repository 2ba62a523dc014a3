import type { IncomingHttpHeaders } from 'node:http';
import type { ApiKeyRecord } from './api-key-record.js';

/** How a client is known by the headers of its requests. */
interface ClientDefinition {
  readonly userAgent: RegExp;
  readonly requiredHeaders: readonly string[];
}

/**
 * v1 also looks into the body of Claude Code's messages (`metadata.user_id` and the system prompt). Keys are checked
 * before a body is read, so that is left out here; whoever forges headers can forge those, too. Clients of services that
 * are not served here have no definition and never match.
 */
const CLIENTS: ReadonlyMap<string, ClientDefinition> = new Map([
  ['claude_code', { userAgent: /^claude-cli\//i, requiredHeaders: ['x-app', 'anthropic-beta', 'anthropic-version'] }],
  ['codex_cli', { userAgent: /^(?:codex_vscode|codex_cli_rs|codex_exec)\/\d/i, requiredHeaders: [] }],
]);

type ClientRestriction = Pick<ApiKeyRecord, 'enableClientRestriction' | 'allowedClients'>;

/** Whether these headers come from a client that may use the key. An empty list restricts nothing, as in v1. */
export function isClientAllowed(restriction: ClientRestriction, headers: IncomingHttpHeaders): boolean {
  const { enableClientRestriction, allowedClients } = restriction;
  if (!enableClientRestriction || allowedClients.length === 0) return true;
  return allowedClients.some((name) => {
    const client = CLIENTS.get(name);
    return client !== undefined && isClient(client, headers);
  });
}

function isClient({ userAgent, requiredHeaders }: ClientDefinition, headers: IncomingHttpHeaders): boolean {
  return userAgent.test(headers['user-agent'] ?? '') && requiredHeaders.every((name) => Boolean(headers[name]));
}
