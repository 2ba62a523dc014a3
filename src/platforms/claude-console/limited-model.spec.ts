import type { HeaderMap } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concernsModelOnly } from './limited-model.js';
import { readUpstreamError } from '@crs/platform-kit';

const CLAIM = 'anthropic-ratelimit-unified-representative-claim';
const OPUS = 'claude-opus-4-1';

const judge = (text: string, model = OPUS, headers: HeaderMap = {}): boolean =>
  concernsModelOnly({ headers, error: readUpstreamError(text) }, model);
const error = (fields: object): string => JSON.stringify({ type: 'error', error: fields });
const said = (message: string, model = OPUS): boolean => judge(error({ type: 'rate_limit_error', message }), model);

describe('concernsModelOnly', () => {
  it.each([
    [
      "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: 5456025a-920d-4fae-83df-eb142ce029c1, model: claude-opus-4-1). For details, refer to: https://docs.example/rate-limits. You may also contact sales to discuss your options for a rate limit increase.",
    ],
    ['Rate limit reached for claude-opus-4-1 in organization org-1 on tokens per min.'],
    ['Rate limit reached for claude-opus-4-1.'],
    ['Too many requests for model CLAUDE-OPUS-4-1'],
    ['model="claude-opus-4-1" is cooling down'],
    ['All accounts for model `claude-opus-4-1` are cooling down; ask for claude-opus-4-1 later'],
  ])('believes words that name the model alone: %s', (message) => {
    expect(said(message)).toBe(true);
  });

  it.each([
    ['no name at all', 'This request would exceed the rate limit for your organization of 20,000 tokens per minute.'],
    ['an empty text', ''],
    ['a longer name', 'Rate limit reached for claude-opus-4-1-20250805'],
    ['a shorter name', 'Rate limit reached for claude-opus-4'],
    ['a name with a version behind it', 'Rate limit reached for claude-opus-4-1.5'],
    ['a name with a tag behind it', 'Rate limit reached for claude-opus-4-1:thinking'],
    ['a name of another vendor', 'Rate limit reached for vendor/claude-opus-4-1'],
    ['several models', 'Rate limit reached for claude-opus-4-1, claude-sonnet-4-5 and claude-haiku-4-5'],
    ['the model, and another of which it is the beginning', 'for claude-opus-4-1 and claude-opus-4-1-20250805'],
    ['all models', 'Rate limit reached for claude-opus-4-1 and all other models'],
    ['the account', 'Your account is over its limit (model: claude-opus-4-1)'],
    ['the plan', 'You are out of messages on your plan for claude-opus-4-1'],
    ['the credit', 'Not enough credits for claude-opus-4-1'],
    ['the model only in passing', 'claude-opus-4-1 was not asked: too many requests'],
  ])('takes words for the whole account that name %s', (_, message) => {
    expect(said(message)).toBe(false);
  });

  it('knows a mapped model by the name that the upstream has for it', () => {
    expect(said('Rate limit reached for vendor-large', 'vendor-large')).toBe(true);
    expect(said('Rate limit reached for vendor-large, vendor-small', 'vendor-large')).toBe(false);
    expect(said('Rate limit reached for vendor-large', OPUS)).toBe(false);
  });

  it.each([
    [{ code: 'model_cooldown', message: 'Wait', reset_seconds: 60 }, true],
    [{ code: 'MODEL_RATE_LIMIT_EXCEEDED', message: 'Wait' }, true],
    [{ type: 'model_rate_limited', message: 'Wait' }, true],
    [{ code: 'rate_limit_exceeded', message: 'Wait' }, false],
    [{ code: 7, message: 'Wait' }, false],
    [{ code: 'no_model_cooldown', message: 'Wait' }, false],
  ])('goes by the code: %j', (fields, expected) => {
    expect(judge(error(fields))).toBe(expected);
  });

  it.each([
    ['seven_day_opus', OPUS, true],
    ['seven_day_opus', 'vendor-Opus-large', true],
    ['five_hour_sonnet', 'claude-sonnet-4-5', true],
    ['seven_day_opus', 'claude-sonnet-4-5', false],
    ['seven_day_opus', 'claude-opusculum', false],
    ['seven_day', OPUS, false],
    ['five_hour', OPUS, false],
    ['overage', OPUS, false],
    ['opus', OPUS, false],
  ])('goes by the claim that Anthropic names: %s for %s', (claim, model, expected) => {
    expect(judge('', model, { [CLAIM]: claim })).toBe(expected);
  });

  it('believes the claim before the words', () => {
    const text = error({ message: 'Rate limit reached for claude-opus-4-1' });
    expect(judge(text, OPUS, { [CLAIM]: 'five_hour' })).toBe(false);
    expect(judge(text, OPUS, { [CLAIM]: '' })).toBe(true);
  });

  it('asks for a name of a sane length', () => {
    expect(said('Rate limit reached for  now', '')).toBe(false);
    expect(said(`Rate limit reached for ${'m'.repeat(201)}`, 'm'.repeat(201))).toBe(false);
  });

  it('finds any name as it stands, and never in the name of another model that it begins or ends', () => {
    const part = fc.string({ unit: fc.constantFrom(...Array.from('abz09.:_[]()*+?^$|')), minLength: 1, maxLength: 8 });
    const piece = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    fc.assert(
      fc.property(piece, part, piece, (start, middle, end) => {
        fc.pre(!/plan|credit|model/.test(start + end));
        const model = `${start}${middle}${end}`;
        expect(said(`Slow down for ${model}.`, model)).toBe(true);
        expect(said(`Slow down for ${model}-${end}.`, model)).toBe(false);
        expect(said(`Slow down for ${start}-${model}.`, model)).toBe(false);
      }),
    );
  });

  it('judges whatever an upstream says', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (message, model, claim) => {
        expect(typeof judge(error({ message }), model, { [CLAIM]: claim })).toBe('boolean');
      }),
    );
  });
});
