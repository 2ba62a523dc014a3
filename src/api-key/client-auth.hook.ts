import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import '../core/http/request-context.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';

/**
 * Looks the key of client routes up before their body is read, so that an unknown caller cannot make the gateway buffer
 * one. Nest's guards run after the body, hence a hook of Fastify's own; `ApiKeyGuard` checks that it has done its work.
 */
@Injectable()
export class ClientAuthHook implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly authenticator: ApiKeyAuthenticator,
  ) {}

  onModuleInit(): void {
    const fastify = this.adapterHost.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', (request) => this.identify(request));
  }

  private async identify(request: FastifyRequest): Promise<void> {
    if (request.routeOptions.config.access !== 'client') return;
    request.principal = await this.authenticator.authenticate(request.headers);
  }
}
