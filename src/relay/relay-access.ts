import { type Principal, type ProtocolName, RelayError } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { isModelAllowed, isServiceAllowed } from '../api-key/permission.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';

/** What a key may ask for at all; decided in this process, before anything is counted. */
@Injectable()
export class RelayAccess {
  constructor(private readonly platforms: PlatformRegistry) {}

  /** Names of the platforms that may serve the key. Throws `RelayError` when the key may not use the service or model. */
  platformsFor(protocol: ProtocolName, model: string, principal: Principal): readonly string[] {
    const speaking = this.platforms.list().filter(({ platform }) => platform.relay?.protocol === protocol);
    const allowed = speaking.filter(({ platform }) => isServiceAllowed(principal, platform.service));
    if (allowed.length === 0) throw new RelayError('permission_denied', 'This API key may not use this service.');
    if (!isModelAllowed(principal.modelRestriction, model)) {
      throw new RelayError('model_not_allowed', `This API key may not use the model ${model}.`);
    }
    return allowed.map(({ name }) => name);
  }
}
