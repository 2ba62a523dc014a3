import { describe, expect, it } from '@jest/globals';
import { type HeaderMap, RelayError, type RelayRequest, toAccountId, type UpstreamAccount } from '@crs/extension-api';
import { findPath } from '@crs/json-scan';
import { buildRequest } from './build-request.js';

function aRequest(overrides: Partial<RelayRequest> = {}): RelayRequest {
  const body = overrides.body ?? Buffer.from('{ "model" : "claude-opus", "x": [1,2 ], "é":"\\u00e9" }');
  return {
    id: 'request-1',
    protocol: 'anthropic',
    endpoint: 'messages',
    method: 'POST',
    path: '/api/v1/messages',
    query: '',
    headers: {},
    body,
    model: 'claude-opus',
    askedModel: 'claude-opus',
    askedEndpoint: 'messages',
    modelSpan: findPath(body, ['model']) ?? { start: 0, end: 0 },
    stream: true,
    userId: null,
    sessionHash: null,
    receivedAt: new Date(0),
    ...overrides,
  };
}

function anAccount(overrides: Partial<UpstreamAccount> = {}): UpstreamAccount {
  return {
    id: toAccountId('account-1'),
    platform: 'claude-console',
    name: 'A',
    apiUrl: 'https://upstream.example',
    secret: 'secret-1',
    accountType: 'shared',
    isActive: true,
    schedulable: true,
    status: 'active',
    priority: 50,
    supportedModels: {},
    userAgent: 'account-agent/1',
    proxy: null,
    rateLimitedAt: null,
    rateLimitMinutes: 60,
    dailyQuotaUsd: 0,
    quotaResetTime: '00:00',
    subscriptionExpiresAt: null,
    maxConcurrentTasks: 0,
    interceptWarmup: false,
    providerEndpoint: 'responses',
    disableAutoProtection: false,
    createdAt: null,
    ...overrides,
  };
}

const urlOf = (apiUrl: string, request: Partial<RelayRequest> = {}): string =>
  buildRequest(aRequest(request), anAccount({ apiUrl })).url.href;
const headersOf = (headers: HeaderMap, account: Partial<UpstreamAccount> = {}): Record<string, string> =>
  buildRequest(aRequest({ headers }), anAccount(account)).headers;

describe('buildRequest', () => {
  it.each([
    ['https://h.example', 'https://h.example/v1/messages'],
    ['https://h.example/', 'https://h.example/v1/messages'],
    ['https://h.example/v1/messages', 'https://h.example/v1/messages'],
    ['https://h.example/v1/messages/', 'https://h.example/v1/messages'],
    ['https://h.example:8443/api/anthropic/', 'https://h.example:8443/api/anthropic/v1/messages'],
    ['https://h.example/api?tenant=1#part', 'https://h.example/api/v1/messages?tenant=1'],
  ])('asks %s at %s', (apiUrl, expected) => {
    expect(urlOf(apiUrl)).toBe(expected);
  });

  it.each([
    ['https://h.example', 'https://h.example/v1/messages/count_tokens'],
    ['https://h.example/x/v1/messages', 'https://h.example/x/v1/messages/count_tokens'],
  ])('counts tokens of %s at %s', (apiUrl, expected) => {
    expect(urlOf(apiUrl, { endpoint: 'count_tokens' })).toBe(expected);
  });

  it('keeps the query string of the client, behind that of the account', () => {
    expect(urlOf('https://h.example', { query: '?beta=true&x=%20?' })).toBe(
      'https://h.example/v1/messages?beta=true&x=%20?',
    );
    expect(urlOf('https://h.example?a=1', { query: '?beta=true' })).toBe('https://h.example/v1/messages?a=1&beta=true');
  });

  it('refuses an endpoint that such an upstream does not have', () => {
    expect(() => urlOf('https://h.example', { endpoint: 'responses' })).toThrow(RelayError);
    expect(() => urlOf('https://h.example', { endpoint: 'constructor' })).toThrow(RelayError);
  });

  it('refuses an account whose address is no URL', () => {
    expect(() => urlOf('upstream')).toThrow('Invalid URL');
  });

  it('sends the very bytes of the client when the model keeps its name', () => {
    const request = aRequest();
    for (const supportedModels of [{}, { 'claude-opus': 'claude-opus' }, { other: 'model' }]) {
      expect(buildRequest(request, anAccount({ supportedModels })).body).toBe(request.body);
    }
  });

  it('changes the bytes of the model only when the account maps it', () => {
    const { body, headers } = buildRequest(
      aRequest(),
      anAccount({ supportedModels: { 'Claude-Opus': 'vendor/世界' } }),
    );
    expect(body.toString()).toBe('{ "model" : "vendor/世界", "x": [1,2 ], "é":"\\u00e9" }');
    expect(headers['content-length']).toBe(String(body.length));
  });

  it.each([
    ['sk-ant-api03-x', { 'x-api-key': 'sk-ant-api03-x' }],
    ['cr_other', { authorization: 'Bearer cr_other' }],
  ])('shows the key %s in its own header and no key of the client', (secret, expected) => {
    const headers = headersOf(
      { authorization: 'Bearer cr_client', 'x-api-key': 'cr_client', cookie: 'cr_client', 'api-key': 'cr_client' },
      { secret },
    );
    expect(headers).toMatchObject(expected);
    expect(JSON.stringify(headers)).not.toContain('cr_client');
    expect(Object.values(headers).filter((value) => value.includes(secret))).toHaveLength(1);
  });

  it('passes the headers of the client and fills in what it left out', () => {
    expect(
      headersOf({
        'anthropic-beta': 'a,b',
        'anthropic-version': '2026-10-21',
        'x-stainless-os': 'Linux',
        'x-new-thing': ['1', '2'],
        'user-agent': 'claude-cli/2.1.330 (external, cli)',
        'accept-encoding': 'gzip, br',
        'content-length': '1',
        'x-gone': undefined,
        host: 'gateway.example',
      }),
    ).toEqual({
      'content-type': 'application/json',
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'a,b',
      'x-stainless-os': 'Linux',
      'x-new-thing': '1, 2',
      'user-agent': 'claude-cli/2.1.330 (external, cli)',
      'accept-encoding': 'identity',
      'content-length': String(aRequest().body.length),
      authorization: 'Bearer secret-1',
    });
  });

  it.each<[string, HeaderMap, string, string | undefined]>([
    ["the client's agent before the account's", { 'user-agent': 'c/1' }, 'a/1', 'c/1'],
    ["the account's agent where the client has none", {}, 'a/1', 'a/1'],
    ["the account's agent where the client's is empty", { 'user-agent': '' }, 'a/1', 'a/1'],
    ['no agent where there is none', {}, '', undefined],
  ])('sends %s', (_, headers, userAgent, expected) => {
    expect(headersOf(headers, { userAgent })['user-agent']).toBe(expected);
  });
});
