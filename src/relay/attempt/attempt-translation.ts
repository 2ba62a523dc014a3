import {
  type HeaderMap,
  mapModel,
  type RelayAdapter,
  type RelayRequest,
  type UpstreamAccount,
} from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { isModelAllowed } from '../../api-key/permission.js';
import type { Selection } from '../../scheduler/scheduler.service.js';
import type { Bridge, Endpoint } from '../endpoint.js';
import { modelRefusal } from '../relay-errors.js';
import { RequestTransformers } from '../transform/request-transformers.js';
import type { RetryJob } from './retry-job.js';

interface Untranslated extends RetryJob {
  readonly selection: Selection;
  readonly adapter: RelayAdapter;
}

export interface Translated {
  /** What is sent: the client's request, or what a bridge has made of it. */
  readonly outgoing: RelayRequest;
  /** Null: the account's upstream is asked as the client asks. */
  readonly bridge: Bridge | null;
}

/** Puts a client's request to one account. */
@Injectable()
export class AttemptTranslation {
  constructor(private readonly transformers: RequestTransformers) {}

  /** Throws `RelayError` for what cannot be said to such an upstream. */
  translate({ endpoint, request, principal, selection, adapter }: Untranslated): Translated {
    const { account, strayed } = selection;
    const own = strayed ? withoutHeaders(request, endpoint.protocol.accountHeaders) : request;
    const bridge = bridgeTo(endpoint, adapter, account);
    if (bridge === null) return { outgoing: own, bridge };
    const translated = bridge.toUpstream(own, mapModel(account.supportedModels, own.model) ?? own.model);
    // The transformers of the client's own endpoint have had their turn when the request came.
    if (bridge.target.name === endpoint.name) return { outgoing: translated, bridge };
    const outgoing = this.transformers.apply(translated, bridge.target, principal);
    // The key's restriction was asked before: a model that comes up only now must not get past it.
    if (outgoing.model !== translated.model && !isModelAllowed(principal.modelRestriction, outgoing.model)) {
      throw modelRefusal(request.askedModel, outgoing.model);
    }
    return { outgoing, bridge };
  }
}

const bridgeTo = (endpoint: Endpoint, adapter: RelayAdapter, account: UpstreamAccount): Bridge | null =>
  endpoint.bridgeTo(adapter.protocol, adapter.serves(endpoint.name, account));

/** The endpoint that the account's upstream is asked for, in its protocol's words. */
export function askedEndpoint(endpoint: Endpoint, adapter: RelayAdapter, account: UpstreamAccount): string {
  return (bridgeTo(endpoint, adapter, account)?.target ?? endpoint).name;
}

/** What another account has given to the client would only confuse this one. */
function withoutHeaders(request: RelayRequest, names: readonly string[]): RelayRequest {
  if (names.length === 0) return request;
  const kept: HeaderMap = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !names.includes(name)));
  return { ...request, headers: kept };
}
