import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type ApiKeyId, RelayError } from '@crs/extension-api';
import type { FastifyRequest } from 'fastify';
import '../../core/http/request-context.js';

/** The id of the key that calls a client route. */
export const CallerKeyId = createParamDecorator((_: unknown, context: ExecutionContext): ApiKeyId => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === null) throw new RelayError('missing_key', 'API key is missing.');
  return principal.keyId;
});
