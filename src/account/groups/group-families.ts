import type { AccountKind, ServiceName } from '@crs/extension-api';
import { Injectable } from '@nestjs/common';
import { PlatformRegistry, type RegisteredPlatform } from '../../core/platforms/platform.registry.js';

/** The platforms whose accounts may be together in a group. */
export interface GroupFamily {
  readonly service: ServiceName;
  /** v1's name of it, as groups are stored: `openai` for codex. */
  readonly storedPlatform: string;
  readonly platforms: readonly RegisteredPlatform[];
}

/** Which accounts a group can hold, by what the registered platforms say of themselves. */
@Injectable()
export class GroupFamilies {
  constructor(private readonly registry: PlatformRegistry) {}

  /** Null: no platform of this gateway serves that. */
  ofService(service: ServiceName): GroupFamily | null {
    return this.find(({ platform }) => platform.service === service);
  }

  /** Null: the group is one of those that version 1 keeps and this gateway does not serve. */
  ofGroup(storedPlatform: string): GroupFamily | null {
    return this.find(({ platform }) => platform.account.groupPlatform === storedPlatform);
  }

  /**
   * The fields of a client key's record that can name a group, each once. Those of every family: nothing keeps a key from
   * being bound to a group of another one.
   */
  bindingFields(): readonly string[] {
    const bindings = kindsOf({ platforms: this.registry.list() }).map((kind) => kind.binding);
    return [...new Set(bindings.flatMap(({ groupField, storedField }) => [groupField, storedField]))];
  }

  private find(matches: (registered: RegisteredPlatform) => boolean): GroupFamily | null {
    const platforms = this.registry.list().filter(matches);
    const [first] = platforms;
    if (first === undefined) return null;
    return { service: first.platform.service, storedPlatform: first.platform.account.groupPlatform, platforms };
  }
}

export const kindsOf = ({ platforms }: Pick<GroupFamily, 'platforms'>): readonly AccountKind[] =>
  platforms.map(({ platform }) => platform.account);
