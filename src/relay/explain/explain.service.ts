import { type ApiKeyId, RelayError, toApiKeyId } from '@crs/extension-api';
import { Injectable, NotFoundException } from '@nestjs/common';
import { type FoundPrincipal, PrincipalFinder } from '../../api-key/principal-finder.js';
import { toRecordId } from '../../core/http/record-id.js';
import { ValidationFailedException } from '../../core/http/validation.js';
import { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { AccountExplainer } from '../../scheduler/explain/account-explainer.js';
import type { AccountExplanation } from '../../scheduler/explain/explanation.js';
import { SchedulerService } from '../../scheduler/scheduler.service.js';
import { BOUND_ELSEWHERE } from '../attempt/final-error.js';
import { CHAT_COMPLETIONS } from '../chat-completions.js';
import type { Endpoint } from '../endpoint.js';
import { COMPACT, COUNT_TOKENS, MESSAGES, RESPONSES } from '../endpoints.js';
import { type Reach, RelayAccess } from '../relay-access.js';

/** A request that nobody sends: what it would present and ask for. */
export interface ImaginedRequest {
  /** The secret of a key. Either this or `keyId`. */
  readonly key: string | null;
  readonly keyId: string | null;
  /** Null: every platform that the endpoint reaches. */
  readonly platform: string | null;
  readonly model: string;
  readonly session: string | null;
  /** Null: the first of the platform's protocol. */
  readonly endpoint: string | null;
}

/** Why the key would be refused before any account is looked at, as its client would read it. */
interface KeyRefusal {
  readonly code: RelayError['code'];
  readonly message: string;
}

export interface RequestExplanation {
  readonly keyId: ApiKeyId;
  readonly keyName: string;
  readonly refusal: KeyRefusal | null;
  /** None for a key that is refused; all of them, as not in its pool, where it is bound to nothing that is served. */
  readonly accounts: readonly AccountExplanation[];
}

const ENDPOINTS: readonly Endpoint[] = [MESSAGES, COUNT_TOKENS, RESPONSES, COMPACT, CHAT_COMPLETIONS];
export const ENDPOINT_NAMES = ENDPOINTS.map(({ name }) => name);

const NONE: ReadonlySet<never> = new Set();

/** What would become of a request of a key, by the code that decides it for real requests. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly principals: PrincipalFinder,
    private readonly access: RelayAccess,
    private readonly explainer: AccountExplainer,
    private readonly scheduler: SchedulerService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Throws a 400 that names the field for what cannot be asked, and a 404 for an unknown key. */
  async explain(request: ImaginedRequest): Promise<RequestExplanation> {
    const endpoint = this.endpointOf(request);
    const found = await this.find(request);
    const { principal } = found;
    const named = { keyId: principal.keyId, keyName: principal.name };
    const reach = await this.reachOf(request, endpoint, found);
    if (reach instanceof RelayError) {
      return { ...named, refusal: { code: reach.code, message: reach.message }, accounts: [] };
    }
    const query = {
      principal,
      platforms: reach.platforms,
      model: request.model,
      endpoint: endpoint.name,
      excluded: NONE,
    };
    const accounts = await this.explainer.explain({
      ...query,
      sessionHash: request.session === null ? null : endpoint.protocol.sessionNamed(request.session),
      takesSlot: endpoint.isBooked,
    });
    const obstacle = await this.scheduler.findObstacle(query);
    const refusal =
      obstacle?.isBoundElsewhere === true ? ({ code: 'no_account', message: BOUND_ELSEWHERE } as const) : null;
    return { ...named, refusal, accounts };
  }

  private endpointOf({ platform: name, endpoint }: ImaginedRequest): Endpoint {
    const platform = name === null ? null : this.platforms.find(name);
    if (name !== null && platform === null) throw this.noSuchPlatform();
    const isWanted = ({ name: own, protocol }: Endpoint): boolean =>
      endpoint === null ? protocol.name === platform?.relay?.protocol : own === endpoint;
    return ENDPOINTS.find(isWanted) ?? MESSAGES;
  }

  private noSuchPlatform(): ValidationFailedException {
    const names = this.platforms.list().map(({ name }) => name);
    return new ValidationFailedException([
      { field: 'platform', message: `platform must be one of: ${names.join(', ')}` },
    ]);
  }

  private async find({ key, keyId }: ImaginedRequest): Promise<FoundPrincipal> {
    if (key !== null && keyId === null) return known(await this.principals.findBySecret(key), 'secret');
    if (key === null && keyId !== null) {
      const id = toRecordId(keyId);
      return known(id === null ? null : await this.principals.findById(toApiKeyId(id)), 'id');
    }
    const message = 'send exactly one of key and keyId';
    throw new ValidationFailedException(['key', 'keyId'].map((field) => ({ field, message })));
  }

  /** Where the request may go, or why nowhere. */
  private async reachOf(
    { platform, model }: ImaginedRequest,
    endpoint: Endpoint,
    { principal, unusable }: FoundPrincipal,
  ): Promise<Reach | RelayError> {
    if (unusable !== null) return new RelayError('invalid_key', unusable);
    try {
      return platform === null
        ? await this.access.check(endpoint, model, principal)
        : this.access.checkPlatform(platform, model, principal);
    } catch (error) {
      if (error instanceof RelayError) return error;
      throw error;
    }
  }
}

function known(found: FoundPrincipal | null, what: string): FoundPrincipal {
  if (found === null) throw new NotFoundException(`There is no API key with this ${what}.`);
  return found;
}
