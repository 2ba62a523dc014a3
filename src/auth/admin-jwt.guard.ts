import { type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { ROUTE_ACCESS, type RouteAccess } from '@crs/extension-api';
import { StoreUnavailableError } from '@crs/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ADMIN_JWT } from './admin-jwt.strategy.js';

/** Lets only administrators pass, on every route that is not declared to be somebody else's. */
@Injectable()
export class AdminJwtGuard extends AuthGuard(ADMIN_JWT) {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'client' || access === 'public') return true;
    return (await super.canActivate(context)) === true;
  }

  override handleRequest<T>(error: unknown, user: T | false, info: unknown, context: ExecutionContext): T {
    if (error instanceof StoreUnavailableError) throw error;
    if (error) throw new Error('a token could not be checked', { cause: error });
    if (user) return user;
    const http = context.switchToHttp();
    http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
    throw new UnauthorizedException(reasonOf(info, http.getRequest<FastifyRequest>()));
  }
}

function reasonOf(info: unknown, request: FastifyRequest): string {
  if (request.headers.authorization === undefined) {
    return 'Send the token of POST /api/v2/auth/admin/login as "Authorization: Bearer ...".';
  }
  const isExpired = info instanceof Error && info.name === 'TokenExpiredError';
  return isExpired ? 'The token has expired. Log in again.' : 'The token is not valid. Log in again.';
}
