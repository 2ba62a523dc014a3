import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '@crs/extension-api';
import { costOf } from './cost.js';
import { PriceBook } from './price-book.js';
import { listModelIds } from './price-list.js';

const AT = new Date('2026-11-23T04:05:00Z');

describe('PriceBook', () => {
  const sut = new PriceBook();
  const inputPrice = (model: string, at = AT) => sut.findPrices(model, at)?.standard.input ?? null;

  it.each([
    ['claude-sonnet-4-20250514', { input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 6, cacheRead: 0.3 }],
    ['claude-sonnet-4-5-20250929', { input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 6, cacheRead: 0.3 }],
    ['claude-opus-4-1-20250805', { input: 15, output: 75, cacheWrite: 18.75, cacheWrite1h: 30, cacheRead: 1.5 }],
    ['claude-haiku-4-5-20251001', { input: 1, output: 5, cacheWrite: 1.25, cacheWrite1h: 2, cacheRead: 0.1 }],
    ['gpt-5', { input: 1.25, output: 10, cacheWrite: null, cacheWrite1h: null, cacheRead: 0.125 }],
    ['gpt-5-codex', { input: 1.25, output: 10, cacheWrite: null, cacheWrite1h: null, cacheRead: 0.125 }],
  ])('knows the prices of %s', (model, expected) => {
    expect(sut.findPrices(model, AT)?.standard).toEqual(expected);
  });

  it('prices a real request to the last digit that v1 booked for it', () => {
    const usage = {
      ...NO_TOKENS,
      ...{ inputTokens: 1203, outputTokens: 457, cacheCreateTokens: 1118, cacheReadTokens: 20_011 },
      ...{ ephemeral5mTokens: 811, ephemeral1hTokens: 307, hasCacheSplit: true },
    };
    const usd = (model: string) => {
      const request = { model, usage, betaHeader: null, speed: null, serviceTier: null };
      return costOf(request, sut.findPrices(model, AT)).breakdown.total;
    };
    expect(usd('claude-sonnet-4-5-20250929')).toBeCloseTo(0.02135055, 12);
    expect(usd('claude-opus-4-1-20250805')).toBeCloseTo(0.10675275, 12);
    expect(usd('claude-haiku-4-5-20251001')).toBeCloseTo(0.00711685, 12);
  });

  it.each([
    ['without its date', 'claude-opus-4-1'],
    ['with the 1M suffix', 'claude-opus-4-1-20250805[1m]'],
    ['in capitals', 'Claude-Opus-4-1'],
    ['with underscores', 'claude_opus_4_1'],
    ['with a vendor before it', 'anthropic/claude-opus-4-1'],
    ["with Google's date", 'claude-opus-4-1@20250805'],
    ['with an ending of its own', 'claude-opus-4-1-thinking'],
  ])('finds a model %s', (_, model) => {
    expect(inputPrice(model)).toBe(15);
  });

  it.each([
    ['a date that the list does not have', 'gpt-5-codex-2025-12-31', 1.25],
    ['an unlisted sibling', 'gpt-5.4-mini-turbo', 0.75],
  ])('falls back to the base model of %s', (_, model, expected) => {
    expect(inputPrice(model)).toBe(expected);
  });

  it.each(['', 'unknown', 'vendor-opus', 'claude', 'claude-unknown', 'gpt', 'gpt-unknown', 'my-own-model-v2'])(
    'does not guess a price for "%s"',
    (model) => {
      expect(sut.findPrices(model, AT)).toBeNull();
      expect(sut.findPrices(model, AT)).toBeNull();
    },
  );

  it('knows no name of more than 200 characters, and says so without looking at its parts', () => {
    const endless = `claude-opus-4-1${'-x'.repeat(1_000_000)}`;
    expect(sut.findPrices(endless, AT)).toBeNull();
    expect(inputPrice(`claude-opus-4-1-${'x'.repeat(184)}`)).toBe(15);
    expect(inputPrice(`claude-opus-4-1-${'x'.repeat(185)}`)).toBeNull();
  });

  it('does not take a model that is not billed by tokens for a free one', () => {
    expect(sut.findPrices('whisper-1', AT)).toBeNull();
  });

  it('takes the prices in force at that time', () => {
    expect(inputPrice('o3', new Date('2025-06-01T00:00:00Z'))).toBe(10);
    expect(inputPrice('o3', new Date('2025-07-01T00:00:00Z'))).toBe(2);
  });

  it('knows what long prompts cost where they cost more, which for Claude they no longer do', () => {
    const long = sut.findPrices('gpt-5.4', AT)?.longContext;
    expect(long).toMatchObject({ aboveTokens: 271_999, prices: { input: 5, output: 22.5, cacheRead: 0.5 } });
    expect(sut.findPrices('gpt-5', AT)?.longContext).toBeNull();
    expect(sut.findPrices('claude-sonnet-4-5', AT)?.longContext).toBeNull();
  });

  it('knows the surcharges of faster tiers', () => {
    expect(sut.findPrices('gpt-5', AT)?.priorityMultiplier).toBe(2);
    expect(sut.findPrices('gpt-5-nano', AT)?.priorityMultiplier).toBeNull();
    expect(sut.findPrices('claude-opus-4-6', AT)?.fastMultiplier).toBe(6);
    expect(sut.findPrices('claude-opus-4-8', AT)?.fastMultiplier).toBe(2);
    expect(sut.findPrices('claude-sonnet-4-5', AT)?.fastMultiplier).toBeNull();
  });

  it('lists the models of a service, text models only', () => {
    expect(sut.listModels('claude')).toEqual(expect.arrayContaining(['claude-opus-4-1', 'claude-haiku-4-5']));
    expect(sut.listModels('codex')).toEqual(expect.arrayContaining(['gpt-5', 'gpt-5.6-sol']));
    expect(sut.listModels('codex')).not.toContain('whisper-1');
    expect(listModelIds('nobody')).toEqual([]);
  });

  it.each(['README.md', 'docs/codex.md', 'docs/chat-completions.md'])('lists the models that %s names', (file) => {
    const text = readFileSync(file, 'utf8');
    const named = [...text.matchAll(/\bmodel(?: = |: )["']([^"']+)["']/g)].map(([, name]) => name);
    expect(named).not.toEqual([]);
    expect([...sut.listModels('claude'), ...sut.listModels('codex')]).toEqual(expect.arrayContaining(named));
  });

  it('lists what version 1 lists, and what the price list calls a model besides', () => {
    const codex = sut.listModels('codex');
    expect(codex).toEqual(expect.arrayContaining(['gpt-5.3-codex-spark', 'gpt-5-codex', 'gpt-5.1-codex-max', 'o3']));
    expect(codex).toEqual(expect.arrayContaining(['gpt-5.1-2025-11-13', 'gpt-5-mini-2025-08-07', 'gpt-4o']));
    const claude = sut.listModels('claude');
    expect(claude).toEqual(expect.arrayContaining(['claude-3-opus-20240229', 'claude-sonnet-4-20250514']));
    for (const ids of [codex, claude]) expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists no model of Claude that has no price', () => {
    expect(sut.listModels('claude').filter((id) => sut.findPrices(id, AT) === null)).toEqual([]);
  });

  it.each([
    'ft:gpt-4o',
    'gpt-4o-mini-2024-07-18.ft-',
    'text-embedding-3-small',
    'gpt-image-1',
    'gpt-4o-audio-preview',
    'gpt-audio',
    'gpt-realtime',
    'gpt-4o-transcribe',
    'gpt-4o-mini-tts',
    'moderation',
    'davinci',
    'ada',
    'text-davinci-003',
    'gpt-3.5-turbo-instruct',
    'computer-use',
    'gpt-5-1-codex',
    'gpt-35-turbo',
    'claude-v1',
    'claude-3-haiku',
  ])('does not list %s, which nobody can ask for', (id) => {
    expect([...sut.listModels('claude'), ...sut.listModels('codex')]).not.toContain(id);
  });

  it('goes on answering when more names were asked for than it remembers', () => {
    for (let i = 0; i < 1100; i += 1) expect(inputPrice(`claude-opus-4-1-variant${i}`)).toBe(15);
    expect(inputPrice('claude-opus-4-1')).toBe(15);
  });
});
