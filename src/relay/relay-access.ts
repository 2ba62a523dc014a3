import { type Principal, type ProtocolName, RelayError, type RelayRequest, type ServiceName } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { isClaudeCode, isClientAllowed } from '../api-key/client-restriction.js';
import { isModelAllowed, isServiceAllowed } from '../api-key/permission.js';
import { PlatformRegistry, type RegisteredPlatform } from '../core/platforms/platform.registry.js';
import { RelaySettingsRepository } from '../core/settings/relay-settings.repository.js';
import { sessionIdOf } from '../scheduler/session-hash.js';

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
  ) {}

  /** Throws `RelayError` when the key may not use the service or model. */
  check(protocol: ProtocolName, model: string, principal: Principal): Reach {
    const speaking = this.platforms.list().filter(({ platform }) => platform.relay?.protocol === protocol);
    return reachAmong(speaking, model, principal);
  }

  /** The same for one platform, whether a route relays to it or not. Throws when there is no platform of that name. */
  checkPlatform(name: string, model: string, principal: Principal): Reach {
    return reachAmong([{ name, platform: this.platforms.get(name) }], model, principal);
  }

  /** Throws `RelayError` when this client may not use the gateway, or not with this key. */
  async checkClient({ protocol, headers, userId }: RelayRequest, { allowedClients }: Principal): Promise<void> {
    const traits = { headers, hasClaudeCodeUserId: sessionIdOf(null, userId) !== null };
    const { claudeCodeOnly } = await this.settings.current();
    if (claudeCodeOnly && protocol === 'anthropic' && !isClaudeCode(traits)) {
      throw new RelayError('permission_denied', 'Only Claude Code may use this gateway.');
    }
    if (allowedClients === null || isClientAllowed(allowedClients, traits)) return;
    const names = allowedClients.join(', ');
    throw new RelayError('permission_denied', `This API key may only be used by these clients: ${names}.`);
  }
}

function reachAmong(platforms: readonly RegisteredPlatform[], model: string, principal: Principal): Reach {
  const allowed = platforms.filter(({ platform }) => isServiceAllowed(principal, platform.service));
  const [first] = allowed;
  if (first === undefined) throw new RelayError('permission_denied', 'This API key may not use this service.');
  if (!isModelAllowed(principal.modelRestriction, model)) {
    throw new RelayError('model_not_allowed', `This API key may not use the model ${model}.`);
  }
  return { service: first.platform.service, platforms: allowed.map(({ name }) => name) };
}
