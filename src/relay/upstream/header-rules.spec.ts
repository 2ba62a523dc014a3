import { describe, expect, it } from '@jest/globals';
import { answerHeaders, forwardableHeaders, forwardableQuery } from './header-rules.js';

describe('forwardableHeaders', () => {
  it('passes what it does not know, and several values of one header as one', () => {
    const headers = {
      'anthropic-beta': 'a,b',
      'openai-beta': 'c',
      'x-stainless-os': 'Linux',
      'x-new': ['1', '2'],
      'user-agent': 'claude-cli/9',
    };
    expect(forwardableHeaders(headers, 'cr_')).toEqual({ ...headers, 'x-new': '1, 2' });
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
    'client-ip',
    'x-cluster-client-ip',
    'x-sucuri-clientip',
    'x-original-forwarded-for',
    'fly-client-ip',
    'x-azure-clientip',
    'x-appengine-user-ip',
    'x-amz-cf-id',
    'akamai-origin-hop',
    'openai-organization',
    'openai-project',
    'chatgpt-account-id',
  ])('never passes %s', (name) => {
    expect(forwardableHeaders({ [name]: 'secret' }, 'cr_')).toEqual({});
  });

  it('treats what Connection names as hop-by-hop', () => {
    expect(forwardableHeaders({ connection: 'close, X-Hop', 'x-hop': '1', 'x-stay': '2' }, 'cr_')).toEqual({
      'x-stay': '2',
    });
  });

  it('keeps a key of ours here under whatever name it comes', () => {
    const key = `cr_${'0'.repeat(64)}`;
    expect(
      forwardableHeaders({ 'x-client-key': `Bearer ${key}`, 'x-hash': '0'.repeat(64), 'x-word': 'cr_word' }, 'cr_'),
    ).toEqual({
      'x-hash': '0'.repeat(64),
      'x-word': 'cr_word',
    });
  });

  it('leaves out a header without a value', () => {
    expect(forwardableHeaders({ 'x-empty': undefined }, 'cr_')).toEqual({});
  });
});

describe('answerHeaders', () => {
  it('shows what belongs to the answer and hides what belongs to the account', () => {
    expect(
      answerHeaders({
        'content-type': 'text/event-stream',
        'request-id': 'req_1',
        'openai-version': '2020-10-01',
        'openai-organization': 'acme',
        'openai-project': 'proj_1',
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
