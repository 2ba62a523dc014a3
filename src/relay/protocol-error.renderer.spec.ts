import { RelayError } from '@crs/extension-api';
import {
  HttpException,
  InternalServerErrorException,
  NotFoundException,
  PayloadTooLargeException,
} from '@nestjs/common';
import { StoreUnavailableError } from '@crs/store';
import { describe, expect, it } from '@jest/globals';
import { ErrorRenderers } from '../core/http/error-renderers.js';
import { ProtocolErrorRenderers } from './protocol-error.renderer.js';

const renderers = new ErrorRenderers();
new ProtocolErrorRenderers(renderers).onModuleInit();
const sut = renderers.find('/api/v1/messages');

describe('ProtocolErrorRenderers', () => {
  it.each([
    '/api/v1/messages',
    '/api/hello',
    '/api',
    '/api/v1/unknown',
    '/claude/v1/messages',
    '/api/v2x',
    '/api/v1/chats',
    '/claude',
  ])('owns %s', (path) => {
    expect(sut).not.toBeNull();
    expect(renderers.find(path)).toBe(sut);
  });

  it.each([
    '/openai/responses',
    '/openai/v1/responses',
    '/openai/claude/v1/chat/completions',
    '/openai',
    '/openai/unknown',
    '/api/v1/chat/completions',
    '/claude/v1/chat/completions',
    '/api/v1/chat/completions/unknown',
  ])('has %s answered as OpenAI does', (path) => {
    const found = renderers.find(path);
    expect(found).not.toBe(sut);
    expect(found?.render(new NotFoundException('There is no such route.'), 'req_1', path)).toEqual({
      status: 404,
      headers: { 'content-type': 'application/json', 'x-request-id': 'req_1', 'x-should-retry': 'false' },
      body: {
        error: {
          message: 'There is no such route.',
          type: 'invalid_request_error',
          param: null,
          code: 'not_found',
        },
      },
    });
  });

  it.each(['/openaix', '/api/v2/openai', '/openai-docs'])('leaves %s to others than those', (path) => {
    expect(renderers.find(path)).toBeNull();
  });

  it.each(['/api/v2/keys', '/api/v2', '/api/health', '/health', '/docs', '/', '/apiStats'])(
    'leaves %s to others',
    (path) => {
      expect(renderers.find(path)).toBeNull();
    },
  );

  it('says when to come back while the store is away', () => {
    const answer = sut?.render(new StoreUnavailableError('away'), 'req_1', '/api/v1/messages');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it.each([
    [new RelayError('permission_denied', 'no'), 403, 'permission_error', 'no'],
    [new NotFoundException('There is no route GET /api/x.'), 404, 'not_found_error', 'There is no route GET /api/x.'],
    [new PayloadTooLargeException('too large'), 413, 'request_too_large', 'too large'],
    [new HttpException('odd', 418), 418, 'invalid_request_error', 'odd'],
    [new InternalServerErrorException('secret'), 500, 'api_error', 'The gateway has failed. Its log has the details.'],
    [new TypeError('secret'), 500, 'api_error', 'The gateway has failed. Its log has the details.'],
  ])('renders %s', (error, status, type, message) => {
    const answer = sut?.render(error, 'req_1', '/api/v1/messages');
    expect(answer?.status).toBe(status);
    expect(answer?.body).toEqual({ type: 'error', error: { type, message }, request_id: 'req_1' });
  });
});
