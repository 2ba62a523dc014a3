import { type Principal, RelayError, type RelayRequest, type ServiceName } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { isClaudeCode, isClientAllowed } from '../api-key/client-restriction.js';
import { isModelAllowed, isServiceAllowed } from '../api-key/permission.js';
import { PlatformRegistry, type RegisteredPlatform } from '../core/platforms/platform.registry.js';
import { RelaySettingsRepository } from '../core/settings/relay-settings.repository.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { sessionIdOf } from '../scheduler/session-hash.js';
import { serviceOfModel } from '../stats/model-name.js';
import type { Endpoint } from './endpoint.js';
import { modelRefusal } from './relay-errors.js';

/** Who may serve a request. */
export interface Reach {
  readonly service: ServiceName;
  /** Names of the platforms. */
  readonly platforms: readonly string[];
}

/** What a key may ask for at all, and by which client; decided in this process, before anything is counted. */
@Injectable()
export class RelayAccess {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly settings: RelaySettingsRepository,
    private readonly scheduler: SchedulerService,
  ) {}

  /**
   * Rejects with a `RelayError` when the key may not use the service or model.
   *
   * @param askedModel what the client calls the model
   */
  async check(endpoint: Endpoint, model: string, principal: Principal, askedModel = model): Promise<Reach> {
    const speaking = this.platforms.list().filter(({ platform: { relay } }) => {
      return relay !== null && endpoint.servedBy.includes(relay.protocol);
    });
    return reachAmong(await this.ofModel(speaking, model, principal), { model, askedModel }, principal);
  }

  /** The same for one platform, whether a route relays to it or not. Throws when there is no platform of that name. */
  checkPlatform(name: string, model: string, principal: Principal): Reach {
    return reachAmong([{ name, platform: this.platforms.get(name) }], { model, askedModel: model }, principal);
  }

  /** Rejects with a `RelayError` when this client may not use the gateway, or not with this key. */
  async checkClient({ headers, userId }: RelayRequest, reach: Reach, { allowedClients }: Principal): Promise<void> {
    const traits = { headers, hasClaudeCodeUserId: sessionIdOf(null, userId) !== null };
    const { claudeCodeOnly } = await this.settings.current();
    if (claudeCodeOnly && this.reachesClaude(reach) && !isClaudeCode(traits)) {
      throw new RelayError('permission_denied', 'Only Claude Code may use this gateway.');
    }
    if (allowedClients === null || isClientAllowed(allowedClients, traits)) return;
    const names = allowedClients.join(', ');
    throw new RelayError('permission_denied', `This API key may only be used by these clients: ${names}.`);
  }

  /** An account of the service `claude` may serve it. */
  reachesClaude({ platforms }: Reach): boolean {
    return platforms.some((name) => this.platforms.get(name).service === 'claude');
  }

  /**
   * Where several services could serve an endpoint: those whose models are named so, and those of which an account names
   * the model in its map; all of them for a name that nobody knows.
   */
  private async ofModel(
    platforms: readonly RegisteredPlatform[],
    model: string,
    principal: Principal,
  ): Promise<readonly RegisteredPlatform[]> {
    if (new Set(platforms.map(({ platform }) => platform.service)).size < 2) return platforms;
    const named = serviceOfModel(model);
    const claimed: RegisteredPlatform[] = [];
    for (const each of platforms) {
      const accounts = await this.scheduler.listReachable(principal, [each.name]);
      const isMapped = accounts.some(({ supportedModels }) => Object.hasOwn(supportedModels, model));
      if (isMapped || each.platform.service === named) claimed.push(each);
    }
    return claimed.length === 0 ? platforms : claimed;
  }
}

function reachAmong(
  platforms: readonly RegisteredPlatform[],
  { model, askedModel }: Pick<RelayRequest, 'model' | 'askedModel'>,
  principal: Principal,
): Reach {
  const allowed = platforms.filter(({ platform }) => isServiceAllowed(principal, platform.service));
  const [first] = allowed;
  if (first === undefined) throw new RelayError('permission_denied', 'This API key may not use this service.');
  if (!isModelAllowed(principal.modelRestriction, model)) throw modelRefusal(askedModel, model);
  return { service: first.platform.service, platforms: allowed.map(({ name }) => name) };
}
