import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Principal, RelayError } from '@crs/extension-api';
import type { FastifyRequest } from 'fastify';
import '../core/http/request-context.js';

/** Who calls a client route. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal =>
  principalOf(context),
);

/** @throws RelayError `missing_key` on a route that is not a client route */
export function principalOf(context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal) return principal;
  throw new RelayError('missing_key', 'API key is missing.');
}
