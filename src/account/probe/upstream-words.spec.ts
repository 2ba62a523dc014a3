import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { upstreamWords } from './upstream-words.js';

describe('upstreamWords', () => {
  it.each([
    ['{"type":"error","error":{"type":"api_error","message":"Overloaded"}}', 'Overloaded'],
    ['{"error":"insufficient balance"}', 'insufficient balance'],
    ['{"message":"no","code":7}', 'no'],
    ['{"detail":"Not found"}', 'Not found'],
    ['{"error":{"code":7},"message":"outer"}', 'outer'],
    ['"text"', 'text'],
    ['{"error":{}}', '{"error":{}}'],
    ['{"error":"","message":"outer"}', 'outer'],
    ['null', 'null'],
    ['upstream connect error', 'upstream connect error'],
    ['<html><head><title>502</title><style>a{}</style></head>\n<body>Bad\n\ngateway</body>', '502 Bad gateway'],
    ['a < b', 'a < b'],
    ['', ''],
    ['  \n', ''],
  ])('reads %s as "%s"', (text, words) => {
    expect(upstreamWords(text)).toBe(words);
  });

  it('reads anything, in little time', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof upstreamWords(text)).toBe('string');
      }),
    );
    const startedAt = performance.now();
    for (const text of ['<', '<script>', '<a', ' ', '{"error":']) upstreamWords(text.repeat(16_384));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
