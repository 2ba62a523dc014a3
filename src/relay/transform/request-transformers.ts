import { type Principal, type RelayRequest, type RequestTransformer, Transformer } from '@crs/extension-api';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Endpoint } from '../endpoint.js';
import { describeBody } from '../request-body.js';

interface RegisteredTransformer {
  readonly transformer: RequestTransformer;
  readonly order: number;
  readonly endpoints: readonly string[];
}

/** What changes requests on their way in, found by `@Transformer({ order, endpoints })`. */
@Injectable()
export class RequestTransformers implements OnModuleInit {
  private found: readonly RegisteredTransformer[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    this.found = this.discover();
  }

  /** The request as it is after all transformers of its endpoint; the same object where nothing changes. */
  apply(request: RelayRequest, endpoint: Endpoint, principal: Principal): RelayRequest {
    let changed = request;
    for (const { transformer, endpoints } of this.found) {
      if (!endpoints.includes(endpoint.name)) continue;
      const change = transformer.transform(changed, principal);
      if (change === null) continue;
      const { body = changed.body, headers = changed.headers } = change;
      const described = body === changed.body ? {} : traitsOf(body, endpoint);
      changed = { ...changed, body, headers, ...described };
    }
    return changed;
  }

  private discover(): readonly RegisteredTransformer[] {
    const found = this.discovery.getProviders({ metadataKey: Transformer.KEY }).map((wrapper) => {
      const options = this.discovery.getMetadataByDecorator(Transformer, wrapper);
      const instance: unknown = wrapper.instance;
      if (options === undefined || !isTransformer(instance)) {
        throw new Error(`${String(wrapper.name)} is decorated with @Transformer, but has no method transform`);
      }
      return { transformer: instance, ...options };
    });
    return found.sort((a, b) => a.order - b.order);
  }
}

function traitsOf(body: Buffer, endpoint: Endpoint): Pick<RelayRequest, 'model' | 'modelSpan' | 'stream'> {
  const { model, modelSpan, stream } = describeBody(body, endpoint);
  return { model, modelSpan, stream };
}

function isTransformer(value: unknown): value is RequestTransformer {
  return typeof value === 'object' && value !== null && 'transform' in value && typeof value.transform === 'function';
}
