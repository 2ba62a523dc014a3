import { DiscoveryService } from '@nestjs/core';
import type { HeaderMap, RelayRequest } from './platform.js';
import type { Principal } from './principal.js';

/** What takes the place of the client's; what is left out stays as it is. */
export interface RequestChange {
  readonly body?: Buffer;
  readonly headers?: HeaderMap;
}

/**
 * Changes a client's request before anything is decided about it: the model, the limits and the account follow from what
 * it makes of the request. Decorate the class with `@Transformer({ order, endpoints })` and provide it in a module. The
 * transformers of an endpoint run from the lowest order to the highest, each on what the one before has left.
 *
 * @example
 * \@Transformer({ order: 500, endpoints: ['messages'] })
 * export class HouseRules implements RequestTransformer { ... }
 */
export interface RequestTransformer {
  /**
   * The change; null = none. A body stays a JSON object with a `model`.
   *
   * @throws RelayError to refuse the request
   */
  transform(request: RelayRequest, principal: Principal): RequestChange | null;
}

export const Transformer = DiscoveryService.createDecorator<{
  readonly order: number;
  /** As in `RelayRequest`; what is translated for an upstream passes again, under the endpoint that is asked there. */
  readonly endpoints: readonly string[];
}>();
