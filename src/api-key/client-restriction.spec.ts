import type { HeaderMap } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isClaudeCode, isClientAllowed } from './client-restriction.js';

const CLAUDE_CODE = {
  'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)',
  'x-app': 'cli',
  'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27',
  'anthropic-version': '2023-06-01',
};
const REQUIRED = ['x-app', 'anthropic-beta', 'anthropic-version'] as const;
const CODEX = { 'user-agent': 'codex_exec/0.169.0 (Ubuntu 22.4.0; x86_64) xterm', originator: 'codex_exec' };
const BOTH = ['claude_code', 'codex_cli'];

const isAllowed = (allowedClients: readonly string[] | null, headers: HeaderMap, hasClaudeCodeUserId = true): boolean =>
  isClientAllowed(allowedClients, { headers, hasClaudeCodeUserId });
const claudeCode = (change: HeaderMap): HeaderMap => ({ ...CLAUDE_CODE, ...change });

/** Versions that have not been made yet, with whatever stands behind them. */
const anyVersion = fc
  .tuple(fc.nat(), fc.nat(), fc.nat(), fc.constantFrom('', '-beta.1', '-alpha.10', '+build.7', '-rc.2.dev'))
  .map(([major, minor, patch, more]) => `${major}.${minor}.${patch}${more}`);
const anyRemark = fc.oneof(
  fc.constantFrom('', ' (external, cli)', ' (external, sdk-cli)', ' (external, sdk-ts, agent-sdk/1.2.3)'),
  fc.string({ maxLength: 30 }).map((text) => ` (${text})`),
);
const anyCase = (text: string): fc.Arbitrary<string> => fc.mixedCase(fc.constant(text));

describe('isClientAllowed', () => {
  it.each<[string, readonly string[], HeaderMap, boolean]>([
    ['Claude Code in print mode', ['claude_code'], CLAUDE_CODE, true],
    [
      'interactive Claude Code',
      ['claude_code'],
      claudeCode({ 'user-agent': 'claude-cli/2.1.330 (external, cli)' }),
      true,
    ],
    ['an older Claude Code', ['claude_code'], claudeCode({ 'user-agent': 'claude-cli/1.0.69 (external, cli)' }), true],
    ['Claude Code as one of several', ['codex_cli', 'claude_code'], CLAUDE_CODE, true],
    [
      'several beta headers',
      BOTH,
      claudeCode({ 'anthropic-beta': ['claude-code-20250219', 'effort-2025-11-24'] }),
      true,
    ],
    ['Claude Code where only Codex may', ['codex_cli'], CLAUDE_CODE, false],
    ['a bare user agent of Claude Code', BOTH, { 'user-agent': 'claude-cli/2.0.14' }, false],
    ['no version', BOTH, claudeCode({ 'user-agent': 'claude-cli/' }), false],
    ['a name inside another user agent', BOTH, claudeCode({ 'user-agent': 'curl/8 claude-cli/2.0.14' }), false],
    ['a longer name', BOTH, claudeCode({ 'user-agent': 'claude-cli-x/2.0.14' }), false],
    ['the SDK', BOTH, claudeCode({ 'user-agent': 'Anthropic/JS 1.12.0' }), false],
    ['no user agent', BOTH, claudeCode({ 'user-agent': undefined }), false],
    ['Codex as a command', ['codex_cli'], CODEX, true],
    ['Codex in a terminal', ['codex_cli'], { 'user-agent': 'codex-tui/0.142.0-alpha.10 (Mac OS 13.7.8; arm64)' }, true],
    ['an older Codex in a terminal', ['codex_cli'], { 'user-agent': 'codex_cli_rs/0.38.0 (Debian 12; x86_64)' }, true],
    ['Codex in an editor', ['codex_cli'], { 'user-agent': 'codex_vscode/0.153.0 (Windows 11; x86_64)' }, true],
    ['Codex on the desktop', ['codex_cli'], { 'user-agent': 'Codex Desktop/0.153.4 (Mac OS 26.0; arm64)' }, true],
    ['the SDK of Codex', ['codex_cli'], { 'user-agent': 'codex_sdk_ts/0.60.0' }, true],
    ['Codex without a version', BOTH, { 'user-agent': 'codex_cli_rs/dev' }, false],
    ['something that only begins like Codex', BOTH, { 'user-agent': 'codexed/1.0' }, false],
    ['Codex by its originator alone', BOTH, { 'user-agent': 'curl/8', originator: 'codex_exec' }, false],
    ['Codex inside another user agent', BOTH, { 'user-agent': 'curl/8 codex_cli_rs/0.1' }, false],
    ['Codex where only Claude Code may', ['claude_code'], CODEX, false],
    ['a client of a service that is not served', ['gemini_cli'], { 'user-agent': 'GeminiCLI/0.1.5' }, false],
    ['another one', ['droid_cli'], { 'user-agent': 'factory-cli/0.19.3' }, false],
    ['a known client where only unknown ones may', ['gemini_cli', 'droid_cli', 'toString', ''], CLAUDE_CODE, false],
    ['anybody where nobody is listed', [], CLAUDE_CODE, false],
  ])('%s', (_, allowedClients, headers, allowed) => {
    expect(isAllowed(allowedClients, headers)).toBe(allowed);
  });

  it('lets anybody come where no client is asked for', () => {
    expect(isAllowed(null, {}, false)).toBe(true);
  });

  it.each(REQUIRED)('asks Claude Code for %s', (name) => {
    for (const value of [undefined, '', '  ', []]) {
      expect(isAllowed(BOTH, claudeCode({ [name]: value }))).toBe(false);
    }
  });

  it('asks Claude Code for its user id, and Codex for none', () => {
    expect(isAllowed(BOTH, CLAUDE_CODE, false)).toBe(false);
    expect(isAllowed(BOTH, CODEX, false)).toBe(true);
  });

  it('knows versions that are not out yet', () => {
    const codexNames = fc.constantFrom('codex_cli_rs', 'codex_exec', 'codex_vscode', 'codex-tui', 'codex_tui');
    fc.assert(
      fc.property(
        anyVersion,
        anyRemark,
        anyCase('claude-cli'),
        codexNames.chain(anyCase),
        (version, remark, claude, codex) => {
          const agents = { claude_code: `${claude}/${version}${remark}`, codex_cli: `${codex}/${version}${remark}` };
          for (const [id, agent] of Object.entries(agents)) {
            expect(isAllowed([id], claudeCode({ 'user-agent': agent }))).toBe(true);
          }
        },
      ),
    );
  });

  it('takes nobody for a client by a user agent that begins otherwise', () => {
    const anyAgent = fc.string({ maxLength: 40 }).filter((text) => !/^(?:claude-cli|codex)/i.test(text));
    fc.assert(
      fc.property(anyAgent, (agent) => {
        expect(isAllowed(BOTH, claudeCode({ 'user-agent': agent }))).toBe(false);
      }),
    );
  });
});

describe('isClaudeCode', () => {
  it.each<[string, HeaderMap, boolean, boolean]>([
    ['Claude Code', CLAUDE_CODE, true, true],
    ['Claude Code without its user id', CLAUDE_CODE, false, false],
    ['Claude Code without a beta', claudeCode({ 'anthropic-beta': undefined }), true, false],
    ['Codex', CODEX, true, false],
    ['an SDK', { 'user-agent': 'Anthropic/JS 1.12.0', 'anthropic-version': '2026-10-21' }, true, false],
  ])('%s', (_, headers, hasClaudeCodeUserId, expected) => {
    expect(isClaudeCode({ headers, hasClaudeCodeUserId })).toBe(expected);
  });
});
