import { describe, expect, it } from '@jest/globals';
import { exchangeHeaders, passedHeaders } from './passed-headers.js';

describe('passedHeaders', () => {
  it('passes what the client has set, several values as one', () => {
    expect(passedHeaders({ 'x-a': '1', 'x-b': ['2', '3'], 'x-empty': '', 'x-gone': undefined })).toEqual({
      'x-a': '1',
      'x-b': '2, 3',
    });
  });

  it.each([
    'authorization',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'x-cr-api-key',
    'proxy-authorization',
    'cookie',
    'host',
    'connection',
    'transfer-encoding',
    'content-length',
    'accept-encoding',
  ])('keeps %s to itself', (name) => {
    expect(passedHeaders({ [name]: 'x' })).toEqual({});
  });
});

describe('exchangeHeaders', () => {
  it('asks for an answer that can be read along the way, and counts bytes', () => {
    expect(exchangeHeaders(Buffer.from('dü'))).toEqual({ 'accept-encoding': 'identity', 'content-length': '3' });
  });
});
