import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AdminIdentity } from './request-context.js';

/** The administrator behind the request, as the admin guard left it. */
export const CurrentAdmin = createParamDecorator((_: unknown, context: ExecutionContext): AdminIdentity => {
  return context.switchToHttp().getRequest<{ readonly user: AdminIdentity }>().user;
});
