import { RelayError } from '@crs/extension-api';
import {
  HttpException,
  InternalServerErrorException,
  NotFoundException,
  PayloadTooLargeException,
} from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { ErrorRenderers } from '../core/http/error-renderers.js';
import { ProtocolErrorRenderer } from './protocol-error.renderer.js';

const renderers = new ErrorRenderers();
const sut = new ProtocolErrorRenderer(renderers);
sut.onModuleInit();

describe('ProtocolErrorRenderer', () => {
  it.each(['/api/v1/messages', '/api/hello', '/api', '/api/v1/unknown', '/claude/v1/messages', '/api/v2x'])(
    'owns %s',
    (path) => {
      expect(renderers.find(path)).toBe(sut);
    },
  );

  it.each(['/api/v2/keys', '/api/v2', '/api/health', '/health', '/docs', '/', '/apiStats'])(
    'leaves %s to others',
    (path) => {
      expect(renderers.find(path)).toBeNull();
    },
  );

  it.each([
    [new RelayError('permission_denied', 'no'), 403, 'permission_error', 'no'],
    [new NotFoundException('There is no route GET /api/x.'), 404, 'not_found_error', 'There is no route GET /api/x.'],
    [new PayloadTooLargeException('too large'), 413, 'request_too_large', 'too large'],
    [new HttpException('odd', 418), 418, 'invalid_request_error', 'odd'],
    [new InternalServerErrorException('secret'), 500, 'api_error', 'The gateway has failed. Its log has the details.'],
    [new TypeError('secret'), 500, 'api_error', 'The gateway has failed. Its log has the details.'],
  ])('renders %s', (error, status, type, message) => {
    const answer = sut.render(error, 'req_1');
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ type: 'error', error: { type, message }, request_id: 'req_1' });
  });
});
