import { gzipSync } from 'node:zlib';
import { RelayError } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { noTransformers } from '../../test/support/no-transformers.ts';
import { testConfig } from '../../test/support/test-config.ts';
import { testPrincipal } from '../../test/support/test-principal.ts';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from './endpoints.js';
import { RelayRequestFactory } from './relay-request.factory.js';

const SESSION = '0f8fad5b-d9cb-469f-a165-70867728950e';

const incoming = (body: unknown, change: Partial<FastifyRequest> = {}): FastifyRequest =>
  ({
    id: 'req_1',
    method: 'POST',
    url: '/api/v1/messages?beta=true&key=cr_x',
    headers: { 'x-api-key': 'cr_x', 'anthropic-version': '2023-06-01' },
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...change,
  }) as FastifyRequest;

const sut = new RelayRequestFactory(noTransformers(), { now: () => 1_000 }, testConfig());

const refusalOf = (body: unknown): string => {
  try {
    sut.create(incoming(body), MESSAGES, testPrincipal());
  } catch (error) {
    if (error instanceof RelayError && error.code === 'invalid_request') return error.message;
    throw error;
  }
  throw new Error('The body was taken');
};

describe('RelayRequestFactory', () => {
  it('describes a request and keeps its bytes', () => {
    const body = '{ "stream" : true, "messages": [], "model": "claude-opus", "new": {"a":[1]} }';
    const request = sut.create(incoming(body), MESSAGES, testPrincipal());
    expect(request).toMatchObject({
      id: 'req_1',
      protocol: 'anthropic',
      endpoint: 'messages',
      path: '/api/v1/messages',
      query: '?beta=true',
      headers: { 'anthropic-version': '2023-06-01' },
      model: 'claude-opus',
      stream: true,
      receivedAt: new Date(1_000),
    });
    expect(request.body.toString()).toBe(body);
    expect(body.slice(request.modelSpan.start, request.modelSpan.end)).toBe('"claude-opus"');
  });

  it('takes no stream for an endpoint that has none', () => {
    const body = '{"model":"m","messages":[],"stream":true}';
    expect(sut.create(incoming(body), COUNT_TOKENS, testPrincipal()).stream).toBe(false);
  });

  it.each([
    ['its header', '{"model":"m","messages":[]}', { 'x-claude-code-session-id': SESSION }],
    [
      'its metadata',
      `{"model":"m","messages":[],"metadata":{"user_id":"{\\"device_id\\":\\"d\\",\\"session_id\\":\\"${SESSION}\\"}"}}`,
      {},
    ],
  ])('takes the session from %s', (_, body, headers) => {
    expect(sut.create(incoming(body, { headers }), MESSAGES, testPrincipal()).sessionHash).toBe(SESSION);
  });

  it('takes the session from the content where there is no id', () => {
    const body = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
    expect(sut.create(incoming(body), COUNT_TOKENS, testPrincipal()).sessionHash).toBe(
      '8f434346648f6b96df89dda901c5176b',
    );
  });

  it.each([
    ['its header', '{"model":"m","input":[],"prompt_cache_key":"other"}', { 'session-id': 'sess-123' }],
    ['the key of its cache', '{"model":"m","input":[],"prompt_cache_key":"sess-123","session_id":"other"}', {}],
  ])("takes the session of one of OpenAI's protocols from %s", (_, body, headers) => {
    expect(sut.create(incoming(body, { headers }), RESPONSES, testPrincipal())).toMatchObject({
      protocol: 'openai',
      endpoint: 'responses',
      userId: null,
      sessionHash: 'c8d9cf2851b3e2ac6f87788b7745331aa494be99f6011bb2b2c48fa20a992fa4',
    });
  });

  it('remembers what the client has asked for, whatever is made of it', () => {
    const { askedModel, askedEndpoint } = sut.create(incoming('{"model":"m","input":"hi"}'), COMPACT, testPrincipal());
    expect({ askedModel, askedEndpoint }).toEqual({ askedModel: 'm', askedEndpoint: 'compact' });
  });

  it('has no session where nothing tells one', () => {
    expect(sut.create(incoming('{"model":"m","messages":[]}'), MESSAGES, testPrincipal()).sessionHash).toBeNull();
    expect(
      sut.create(incoming('{"model":"m","messages":[1,}]}'.replace('}]', ']')), MESSAGES, testPrincipal()).sessionHash,
    ).toBeNull();
  });

  it.each([
    ['no body', Buffer.alloc(0), 'no body'],
    ['a body of another kind', undefined, 'no body'],
    ['text that is no JSON', 'hello', 'not a JSON object'],
    ['one letter', '{', 'not a JSON object'],
    ['a compressed body', gzipSync('{"model":"m","messages":[]}'), 'compressed'],
    ['an object that does not close', '{"model":"m","messages":[]', 'not a JSON object'],
    ['no model', '{"messages":[]}', 'model'],
    ['a model that is no text', '{"model":7,"messages":[]}', 'model'],
    ['an empty model', '{"model":"","messages":[]}', 'model'],
    ['no messages', '{"model":"m"}', 'messages'],
  ])('refuses %s', (_, body, words) => {
    expect(refusalOf(body)).toContain(words);
  });
});
