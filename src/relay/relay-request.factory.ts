import type { Principal, RelayRequest } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppConfig } from '../core/config/app-config.js';
import { Clock } from '../core/time/clock.js';
import type { Endpoint } from './endpoint.js';
import { describeBody, readJson } from './request-body.js';
import { RequestTransformers } from './transform/request-transformers.js';
import { forwardableHeaders, forwardableQuery } from './upstream/header-rules.js';

/** Describes a client request for scheduling, without parsing the whole body; its bytes change by transformers only. */
@Injectable()
export class RelayRequestFactory {
  constructor(
    private readonly transformers: RequestTransformers,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * Throws `RelayError` `invalid_request` for what no upstream could answer; deeper faults are the upstream's to tell. A
   * transformer may refuse it, too.
   */
  create(incoming: FastifyRequest, endpoint: Endpoint, principal: Principal): RelayRequest {
    return this.transformers.apply(this.describe(incoming, endpoint), endpoint, principal);
  }

  private describe(incoming: FastifyRequest, endpoint: Endpoint): RelayRequest {
    const body = Buffer.isBuffer(incoming.body) ? incoming.body : Buffer.alloc(0);
    const { protocol } = endpoint;
    const { model, modelSpan, stream, member } = describeBody(body, endpoint);
    const readBody = (): unknown => readJson(body, { start: 0, end: body.length });
    return {
      id: incoming.id,
      protocol: protocol.name,
      endpoint: endpoint.name,
      method: incoming.method,
      path: incoming.url.split('?', 1)[0] ?? incoming.url,
      query: forwardableQuery(incoming.url),
      headers: forwardableHeaders(incoming.headers, this.config.apiKeyPrefix),
      body,
      model,
      askedModel: model,
      askedEndpoint: endpoint.name,
      modelSpan,
      stream,
      ...protocol.sessionOf({ headers: incoming.headers, member, readBody }),
      receivedAt: new Date(this.clock.now()),
    };
  }
}
