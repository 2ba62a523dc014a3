import { describe, expect, it } from '@jest/globals';
import { countedModelName, isClaudeFamily } from './model-name.js';

describe('countedModelName', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5-20250929'],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'claude-sonnet-4-20250514'],
    ['anthropic.claude-3-5-haiku-20241022-v2:0', 'claude-3-5-haiku-20241022'],
    ['apac.anthropic.claude-opus-4-1', 'claude-opus-4-1'],
    ['eu.claude-opus-4-1-v1:0', 'claude-opus-4-1'],
    ['claude-opus-4-1:latest', 'claude-opus-4-1'],
    ['gpt-5-codex', 'gpt-5-codex'],
    ['us.other-model', 'us.other-model'],
    ['other-model-v1:0', 'other-model-v1:0'],
    ['anthropic.', 'anthropic.'],
    ['  vendor-opus ', 'vendor-opus'],
    ['', 'unknown'],
    ['   ', 'unknown'],
    [':latest', 'unknown'],
    ['half a \ud83d character', 'half a \ufffd character'],
  ])('counts "%s" as "%s"', (model, expected) => {
    expect(countedModelName(model)).toBe(expected);
    expect(countedModelName(expected)).toBe(expected);
  });
});

describe('isClaudeFamily', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', true],
    ['vendor-opus', true],
    ['Sonnet', true],
    ['haiku_4', true],
    ['gpt-5-codex', false],
    ['octopus-1', false],
    ['unknown', false],
  ])('%s: %s', (model, expected) => {
    expect(isClaudeFamily(model)).toBe(expected);
  });
});
