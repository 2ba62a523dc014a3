import type { DiscoveryService } from '@nestjs/core';
import { RequestTransformers } from '../../src/relay/transform/request-transformers.js';

/** Nobody changes a request. */
export const noTransformers = (): RequestTransformers =>
  new RequestTransformers({ getProviders: () => [] } as unknown as DiscoveryService);
