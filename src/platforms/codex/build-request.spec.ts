import { describe, expect, it } from '@jest/globals';
import { type HeaderMap, RelayError, type RelayRequest, type UpstreamAccount } from '@crs/extension-api';
import { findPath } from '@crs/json-scan';
import { testAccount } from '../../../test/support/test-account.js';
import { testRelayRequest } from '../../../test/support/test-relay-request.js';
import { buildRequest, serves } from './build-request.js';

const BODY = Buffer.from('{ "model" : "gpt-5", "x": [1,2 ], "é":"\\u00e9" }');

const aRequest = (change: Partial<RelayRequest> = {}): RelayRequest =>
  testRelayRequest({
    protocol: 'openai',
    endpoint: 'responses',
    path: '/openai/responses',
    body: BODY,
    model: 'gpt-5',
    modelSpan: findPath(BODY, ['model']) ?? { start: 0, end: 0 },
    ...change,
  });
const anAccount = (change: Partial<UpstreamAccount> = {}): UpstreamAccount =>
  testAccount({ platform: 'codex', userAgent: '', secret: 'secret-1', ...change });

const urlOf = (apiUrl: string, request: Partial<RelayRequest> = {}): string =>
  buildRequest(aRequest(request), anAccount({ apiUrl })).url.href;
const headersOf = (headers: HeaderMap, account: Partial<UpstreamAccount> = {}): Record<string, string> =>
  buildRequest(aRequest({ headers }), anAccount(account)).headers;

describe('buildRequest', () => {
  it.each([
    ['https://h.example', '/openai/responses', 'https://h.example/responses'],
    ['https://h.example', '/openai/v1/responses', 'https://h.example/v1/responses'],
    ['https://h.example/v1', '/openai/responses', 'https://h.example/v1/responses'],
    ['https://h.example/v1/', '/openai/v1/responses', 'https://h.example/v1/responses'],
    ['https://h.example/api/', '/openai/v1/responses', 'https://h.example/api/v1/responses'],
    ['https://h.example/v1beta', '/openai/v1/responses', 'https://h.example/v1beta/v1/responses'],
    ['https://h.example/azurev1', '/openai/v1/responses', 'https://h.example/azurev1/v1/responses'],
    ['https://h.example:8443/api?tenant=1#part', '/openai/responses', 'https://h.example:8443/api/responses?tenant=1'],
  ])('asks %s for %s at %s', (apiUrl, path, expected) => {
    expect(urlOf(apiUrl, { path })).toBe(expected);
  });

  it.each([
    ['compact', '/openai/responses/compact', 'https://h.example/responses/compact'],
    ['compact', '/openai/v1/responses/compact', 'https://h.example/v1/responses/compact'],
    ['chat_completions', '/openai/v1/chat/completions', 'https://h.example/v1/chat/completions'],
    ['chat_completions', '/openai/chat/completions', 'https://h.example/chat/completions'],
  ])('asks for %s as %s at %s', (endpoint, path, expected) => {
    expect(urlOf('https://h.example', { endpoint, path })).toBe(expected);
  });

  it('keeps the query string of the client, behind that of the account', () => {
    expect(urlOf('https://h.example', { query: '?x=%20?' })).toBe('https://h.example/responses?x=%20?');
    expect(urlOf('https://h.example?a=1', { query: '?b=2' })).toBe('https://h.example/responses?a=1&b=2');
  });

  it('refuses an endpoint that such an upstream does not have, and an account whose address is no URL', () => {
    expect(() => urlOf('https://h.example', { endpoint: 'messages' })).toThrow(RelayError);
    expect(() => urlOf('https://h.example', { endpoint: 'constructor' })).toThrow(RelayError);
    expect(() => urlOf('upstream')).toThrow('Invalid URL');
  });

  it('sends the very bytes of the client, and changes the model only where the account maps it', () => {
    const request = aRequest();
    expect(buildRequest(request, anAccount()).body).toBe(request.body);
    const { body, headers } = buildRequest(request, anAccount({ supportedModels: { 'gpt-5': 'vendor/世界' } }));
    expect(body.toString()).toBe('{ "model" : "vendor/世界", "x": [1,2 ], "é":"\\u00e9" }');
    expect(headers['content-length']).toBe(String(body.length));
  });

  it('passes the headers of the client but its keys, and shows the key of the account', () => {
    expect(
      headersOf({
        authorization: 'Bearer cr_client',
        'x-api-key': 'cr_client',
        cookie: 'cr_client',
        'session-id': 's-1',
        originator: 'codex_exec',
        'x-codex-turn-metadata': '{"a":1}',
        'x-codex-turn-state': 'turn-1',
        'user-agent': 'codex_exec/0.169.0',
        'x-new-thing': ['1', '2'],
        'accept-encoding': 'gzip',
        'content-length': '1',
        host: 'gateway.example',
      }),
    ).toEqual({
      'content-type': 'application/json',
      'session-id': 's-1',
      originator: 'codex_exec',
      'x-codex-turn-metadata': '{"a":1}',
      'x-codex-turn-state': 'turn-1',
      'user-agent': 'codex_exec/0.169.0',
      'x-new-thing': '1, 2',
      'accept-encoding': 'identity',
      'content-length': String(BODY.length),
      authorization: 'Bearer secret-1',
    });
  });

  it.each<[string, HeaderMap, string, string | undefined]>([
    ["the account's agent before the client's", { 'user-agent': 'c/1' }, 'a/1', 'a/1'],
    ["the account's agent where the client has none", {}, 'a/1', 'a/1'],
    ["the client's agent where the account has none", { 'user-agent': 'c/1' }, '', 'c/1'],
    ['no agent where there is none', {}, '', undefined],
  ])('sends %s', (_, headers, userAgent, expected) => {
    expect(headersOf(headers, { userAgent })['user-agent']).toBe(expected);
  });

  it("keeps the client's type of content", () => {
    expect(headersOf({ 'content-type': 'application/json; charset=utf-8' })['content-type']).toContain('charset');
  });
});

describe('serves', () => {
  it.each<[string, UpstreamAccount['providerEndpoint'], boolean]>([
    ['responses', 'responses', true],
    ['responses', 'auto', true],
    ['compact', 'responses', true],
    ['chat_completions', 'responses', false],
    ['chat_completions', 'auto', true],
    ['messages', 'auto', false],
    ['constructor', 'auto', false],
  ])('%s of an account for %s: %s', (endpoint, providerEndpoint, expected) => {
    expect(serves(endpoint, anAccount({ providerEndpoint }))).toBe(expected);
  });
});
