import { describe, expect, it } from '@jest/globals';
import type { ModelRestriction } from '@crs/extension-api';
import { isModelAllowed, isServiceAllowed } from './permission.js';

describe('isServiceAllowed', () => {
  it.each([
    [[], 'claude', true],
    [[], 'codex', true],
    [['claude'], 'claude', true],
    [['claude'], 'codex', false],
    [['claude', 'codex'], 'codex', true],
    [['gemini'], 'claude', false],
    [['[bad'], 'claude', false],
  ] as const)('of %j allows %s: %s', (permissions, service, allowed) => {
    expect(isServiceAllowed({ permissions }, service)).toBe(allowed);
  });
});

describe('isModelAllowed', () => {
  const allow: ModelRestriction = { mode: 'allow', models: ['claude-a', 'claude-b'] };
  const deny: ModelRestriction = { mode: 'deny', models: ['claude-a'] };

  it.each([
    ['no restriction', null, 'claude-a', true],
    ['an allow list', allow, 'claude-b', true],
    ['an allow list', allow, 'claude-c', false],
    ['an allow list, in another case', allow, 'Claude-A', false],
    ['an empty allow list', { mode: 'allow', models: [] }, 'claude-a', false],
    ['a deny list', deny, 'claude-a', false],
    ['a deny list', deny, 'claude-b', true],
    ['a deny list, in another case', deny, 'Claude-A', true],
    ['an empty deny list', { mode: 'deny', models: [] }, 'claude-a', true],
  ] as const)('under %s (%j) allows %s: %s', (_, restriction, model, allowed) => {
    expect(isModelAllowed(restriction, model)).toBe(allowed);
  });
});
