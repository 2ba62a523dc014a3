import { describe, expect, it } from '@jest/globals';
import { readUpstreamError } from './upstream-error.js';

describe('readUpstreamError', () => {
  it.each([
    ['{"type":"error","error":{"type":"api_error","message":"no"}}', 'api_error', 'no'],
    ['{"error":{"message":"no"}}', '', 'no'],
    ['{"error":"Forbidden","message":"no"}', '', 'no'],
    ['{"error":"Forbidden"}', '', 'Forbidden'],
    ['{"type":"error","error":null,"message":"no"}', 'error', 'no'],
    ['{"error":{"code":7}}', '', '{"error":{"code":7}}'],
    ['<html>no</html>', '', '<html>no</html>'],
    ['"no"', '', '"no"'],
    ['null', '', 'null'],
    ['', '', ''],
  ])('reads %s', (text, type, message) => {
    expect(readUpstreamError(text)).toMatchObject({ type, message });
  });

  it('reads the error of a response that has failed', () => {
    const text = '{"type":"response.failed","response":{"error":{"code":"slow_down","message":"no"}}}';
    expect(readUpstreamError(text)).toMatchObject({ message: 'no', isInForm: true, fields: { code: 'slow_down' } });
  });

  it.each([
    ['{"error":{"message":"no"}}', true],
    ['{"type":"error","code":"x","message":"no"}', true],
    ['{"error":{"code":"no"}}', false],
    ['{"error":"no","message":"no"}', false],
    ['{"detail":"Not Found"}', false],
    ['<html>no</html>', false],
  ])('says whether %s is an error as an API tells it: %s', (text, expected) => {
    expect(readUpstreamError(text).isInForm).toBe(expected);
  });

  it('gives the fields of the error before those around it', () => {
    const text = '{"code":1,"resets_at":2,"error":{"code":3,"resets_in_seconds":4}}';
    expect(readUpstreamError(text).fields).toMatchObject({ code: 3, resets_at: 2, resets_in_seconds: 4 });
  });
});
