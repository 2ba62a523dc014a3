import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redactErrorText } from './error-text.js';

const redact = (text: string, secret = ''): string => redactErrorText(text, secret, 2000);

describe('redactErrorText', () => {
  it.each([
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    'Your credit balance is too low to access the Anthropic API.',
    'model: claude-opus-4-1-20250805 not found',
    'request_id: req_011CUv7xA1B2C3',
    '请求过多，请稍后再试',
    'max_tokens: 100000 > 64000, which is the maximum allowed',
  ])('leaves %s as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each([
    ['invalid x-api-key sk-ant-api03-AbCdEf_123456-xyz given', 'invalid x-api-key [redacted] given'],
    ['key cr_0123456789abcdef is wrong', 'key [redacted] is wrong'],
    ['Incorrect API key provided: sk-proj-****abcd.', 'Incorrect API key provided: [redacted]'],
    ['"authorization": "Bearer abc.def-123"', '"authorization": "[redacted]"'],
    ['sent Bearer abc.def-123 to us', 'sent [redacted] to us'],
    ['{"api_key":"hunter2hunter2"}', '{"api_key":"[redacted]"}'],
    ['password = correcthorse', 'password = [redacted]'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl end', 'token [redacted] end'],
    ['AIzaSyA-1234567890abcdef', '[redacted]'],
    [`hash ${'a1'.repeat(20)} seen`, 'hash [redacted] seen'],
  ])('hides the key in %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('hides the secret of the account wherever it stands', () => {
    const secrets = fc.string({ minLength: 8, maxLength: 60 }).filter((secret) => !'[redacted]'.includes(secret));
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const filler = 'x '.repeat(50);
        expect(redact(`${before}${filler}${secret}${filler}${after}`, secret)).not.toContain(secret);
      }),
    );
  });

  it('hides a secret that lies across the end of what is looked at', () => {
    const secret = 'plain-secret-of-an-account';
    expect(redactErrorText(`${'x '.repeat(2040)}${secret}`, secret, 5000)).not.toContain('plain-secret');
  });

  it('gives no more than was asked for', () => {
    expect(redact('long '.repeat(10_000))).toHaveLength(2000);
  });

  it('takes a hostile text in its stride', () => {
    const texts = ['eyJ-'.repeat(4000), `token${' '.repeat(16_000)}`, 'a1_'.repeat(5000), '"api key'.repeat(2000)];
    const begin = performance.now();
    for (const text of texts) redact(text);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
