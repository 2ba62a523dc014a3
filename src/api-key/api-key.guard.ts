import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RelayError, ROUTE_ACCESS, type RouteAccess } from '@crs/extension-api';
import type { FastifyRequest } from 'fastify';
import '../core/http/request-context.js';

/** Lets a request of a client route pass only when its caller is known. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access !== 'client') return true;
    if (context.switchToHttp().getRequest<FastifyRequest>().principal) return true;
    throw new RelayError('missing_key', 'API key is missing.');
  }
}
