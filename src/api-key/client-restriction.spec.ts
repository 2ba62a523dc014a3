import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { isClientAllowed } from './client-restriction.js';

const CLAUDE_CODE = {
  'user-agent': 'claude-cli/2.0.14 (external, cli)',
  'x-app': 'cli',
  'anthropic-beta': 'claude-code-20250219',
  'anthropic-version': '2023-06-01',
};
const CODEX = { 'user-agent': 'codex_cli_rs/0.38.0 (Ubuntu 22.4.0; x86_64) vscode' };
const BOTH = ['claude_code', 'codex_cli'];

const without = (name: keyof typeof CLAUDE_CODE): IncomingHttpHeaders => ({ ...CLAUDE_CODE, [name]: undefined });

describe('isClientAllowed', () => {
  it.each<[string, readonly string[], IncomingHttpHeaders, boolean]>([
    ['Claude Code where it may', ['claude_code'], CLAUDE_CODE, true],
    ['Claude Code as one of several', ['codex_cli', 'claude_code'], CLAUDE_CODE, true],
    ['Claude Code where only Codex may', ['codex_cli'], CLAUDE_CODE, false],
    ['a bare user agent of Claude Code', BOTH, { 'user-agent': 'claude-cli/2.0.14' }, false],
    ['Claude Code without x-app', BOTH, without('x-app'), false],
    ['Claude Code without anthropic-beta', BOTH, without('anthropic-beta'), false],
    ['Claude Code without anthropic-version', BOTH, without('anthropic-version'), false],
    ['Claude Code with an empty x-app', BOTH, { ...CLAUDE_CODE, 'x-app': '' }, false],
    ['a name inside another user agent', BOTH, { ...CLAUDE_CODE, 'user-agent': 'curl/8 claude-cli/2.0.14' }, false],
    ['the CLI of Codex', ['codex_cli'], CODEX, true],
    ['the editor of Codex', ['codex_cli'], { 'user-agent': 'codex_vscode/1.2' }, true],
    ['a Codex run', ['codex_cli'], { 'user-agent': 'codex_exec/0.1' }, true],
    ['Codex without a version', ['codex_cli'], { 'user-agent': 'codex_cli_rs/dev' }, false],
    ['Codex where only Claude Code may', ['claude_code'], CODEX, false],
    ['any client of a service that is not served', ['gemini_cli', 'droid_cli'], CLAUDE_CODE, false],
    ['a name that v1 made up later', ['toString'], CLAUDE_CODE, false],
    ['no user agent', BOTH, {}, false],
    ['anybody where no client is listed', [], {}, true],
  ])('%s', (_, allowedClients, headers, allowed) => {
    expect(isClientAllowed({ enableClientRestriction: true, allowedClients }, headers)).toBe(allowed);
  });

  it('lets anybody pass where the restriction is off', () => {
    expect(isClientAllowed({ enableClientRestriction: false, allowedClients: ['codex_cli'] }, {})).toBe(true);
  });
});
