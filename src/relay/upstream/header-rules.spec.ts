import { describe, expect, it } from '@jest/globals';
import { answerHeaders, forwardableHeaders, forwardableQuery } from './header-rules.js';

describe('forwardableHeaders', () => {
  it('passes what it does not know, and several values of one header as one', () => {
    const headers = {
      'anthropic-beta': 'a,b',
      'x-stainless-os': 'Linux',
      'x-new': ['1', '2'],
      'user-agent': 'claude-cli/9',
    };
    expect(forwardableHeaders(headers)).toEqual({ ...headers, 'x-new': '1, 2' });
  });

  it.each([
    'authorization',
    'x-api-key',
    'x-goog-api-key',
    'api-key',
    'cookie',
    'host',
    'content-length',
    'accept-encoding',
    'transfer-encoding',
    'x-forwarded-for',
    'cf-connecting-ip',
    'forwarded',
    'via',
    ':authority',
  ])('never passes %s', (name) => {
    expect(forwardableHeaders({ [name]: 'secret' })).toEqual({});
  });

  it('treats what Connection names as hop-by-hop', () => {
    expect(forwardableHeaders({ connection: 'close, X-Hop', 'x-hop': '1', 'x-stay': '2' })).toEqual({ 'x-stay': '2' });
  });

  it('leaves out a header without a value', () => {
    expect(forwardableHeaders({ 'x-empty': undefined })).toEqual({});
  });
});

describe('answerHeaders', () => {
  it('shows what belongs to the answer and hides what belongs to the account', () => {
    expect(
      answerHeaders({
        'content-type': 'text/event-stream',
        'request-id': 'req_1',
        'openai-version': '2020-10-01',
        'set-cookie': ['a=b'],
        server: 'nginx',
        'retry-after': '60',
        'anthropic-ratelimit-unified-status': 'rejected',
        'x-request-id': undefined,
      }),
    ).toEqual({ 'content-type': 'text/event-stream', 'request-id': 'req_1', 'openai-version': '2020-10-01' });
  });
});

describe('forwardableQuery', () => {
  it.each([
    ['/v1/messages', ''],
    ['/v1/messages?', ''],
    ['/v1/messages?beta=true', '?beta=true'],
    ['/v1/messages?key=cr_secret&beta=true', '?beta=true'],
    ['/v1/messages?KEY=cr_secret', ''],
    ['/v1/messages?%6bey=cr_secret', ''],
    ['/v1/messages?%=1&monkey=2', '?%=1&monkey=2'],
  ])('%s -> %s', (url, expected) => {
    expect(forwardableQuery(url)).toBe(expected);
  });
});
