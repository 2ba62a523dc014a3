import { type Platform, PlatformAdapter } from '@crs/extension-api';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

export interface RegisteredPlatform {
  readonly name: string;
  readonly platform: Platform;
}

/**
 * The upstream families of this process, found by their `@PlatformAdapter({ name })`. Two with one name stop the boot.
 * The set is fixed once it was read.
 */
@Injectable()
export class PlatformRegistry implements OnModuleInit {
  private found: ReadonlyMap<string, RegisteredPlatform> | null = null;

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    this.platforms();
  }

  /** In the order of their names. */
  list(): readonly RegisteredPlatform[] {
    return [...this.platforms().values()];
  }

  find(name: string): Platform | null {
    return this.platforms().get(name)?.platform ?? null;
  }

  /** Throws when there is no platform of that name. */
  get(name: string): Platform {
    const platform = this.find(name);
    if (platform === null) throw new Error(`There is no platform "${name}"`);
    return platform;
  }

  /** Read at the first use, because other modules may ask in their own onModuleInit, before this one's turn. */
  private platforms(): ReadonlyMap<string, RegisteredPlatform> {
    this.found ??= this.discover();
    return this.found;
  }

  private discover(): ReadonlyMap<string, RegisteredPlatform> {
    const found = new Map<string, RegisteredPlatform>();
    for (const wrapper of this.discovery.getProviders({ metadataKey: PlatformAdapter.KEY })) {
      const name = this.discovery.getMetadataByDecorator(PlatformAdapter, wrapper)?.name ?? '';
      const className = String(wrapper.name);
      const instance: unknown = wrapper.instance;
      if (!/^[a-z][a-z0-9-]*$/.test(name)) {
        throw new Error(
          `${className}: @PlatformAdapter needs a name of lower-case letters, digits and dashes, not "${name}"`,
        );
      }
      const taken = found.get(name);
      if (taken !== undefined) {
        throw new Error(`Two platforms are named "${name}": ${taken.platform.constructor.name} and ${className}`);
      }
      found.set(name, { name, platform: instanceOf(instance, className) });
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function instanceOf(instance: unknown, className: string): Platform {
  if (!isPlatform(instance)) {
    throw new Error(`${className} is decorated with @PlatformAdapter, but is not an instance of Platform (yet)`);
  }
  return instance;
}

function isPlatform(value: unknown): value is Platform {
  return typeof value === 'object' && value !== null && 'service' in value && 'account' in value && 'relay' in value;
}
