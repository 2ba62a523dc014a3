import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  boundedModelName,
  countedModelName,
  isClaudeFamily,
  LONGEST_MODEL_NAME,
  serviceOfModel,
} from './model-name.js';

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

describe('boundedModelName', () => {
  it.each([
    ['claude-opus-4-1', 'claude-opus-4-1'],
    [' a\u0000b\nc\u009f ', 'a\ufffdb\ufffdc\ufffd'],
    ['m'.repeat(200), 'm'.repeat(200)],
    ['', ''],
  ])('of %j is %j', (model, expected) => {
    expect(boundedModelName(model)).toBe(expected);
  });

  it('begins as a longer name does, and tells such names apart', () => {
    const [one, other] = ['1', '2'].map((end) => boundedModelName(`claude-opus-4-1-${'x'.repeat(1_000_000)}${end}`));
    expect(one).toMatch(/^claude-opus-4-1-x{171}~[\w-]{12}$/);
    expect(one).not.toBe(other);
  });

  it('is bounded, well formed, bounded again the same, and counted as the whole name is', () => {
    const parts = fc.string({ unit: 'binary', minLength: 0, maxLength: 500 });
    fc.assert(
      fc.property(fc.constantFrom('', 'us.anthropic.claude-', 'x'.repeat(185)), parts, (start, rest) => {
        const name = boundedModelName(start + rest);
        expect(name.length).toBeLessThanOrEqual(LONGEST_MODEL_NAME);
        expect(name.isWellFormed()).toBe(true);
        expect(name).not.toMatch(/\p{Cc}/u);
        expect(boundedModelName(name)).toBe(name);
        expect(countedModelName(name)).toBe(countedModelName(start + rest));
        expect(countedModelName(name).length).toBeLessThanOrEqual(LONGEST_MODEL_NAME);
      }),
    );
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

describe('serviceOfModel', () => {
  it.each([
    ['claude-opus-4-1', 'claude'],
    ['us.anthropic.claude-sonnet-4', 'claude'],
    ['vendor-haiku', 'claude'],
    ['gpt-5', 'codex'],
    ['GPT-5.1-codex-max', 'codex'],
    ['gpt4o', 'codex'],
    ['chatgpt-4o-latest', 'codex'],
    ['codex-mini-latest', 'codex'],
    ['o3', 'codex'],
    ['o4-mini', 'codex'],
    ['oh-my-model', null],
    ['gptx', null],
    ['my-gpt-5', null],
    ['glm-5', null],
    ['gemini-3-pro', null],
    ['', null],
  ])('of %s is %s', (model, service) => {
    expect(serviceOfModel(model)).toBe(service);
  });
});
