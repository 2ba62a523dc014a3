import type { AccountKind } from '@crs/extension-api';
import { NotFoundException } from '@nestjs/common';
import type { PlatformRegistry } from '../core/platforms/platform.registry.js';

/** How accounts of a platform are stored. Throws a 404 that names what exists. */
export function getKind(platforms: PlatformRegistry, name: string): AccountKind {
  const platform = platforms.find(name);
  if (platform !== null) return platform.account;
  const names = platforms.list().map((registered) => registered.name);
  throw new NotFoundException(`There is no platform "${name.slice(0, 100)}"; there are: ${names.join(', ')}`);
}

export function noSuchAccount(platform: string, id: string): NotFoundException {
  return new NotFoundException(`There is no ${platform} account with the id "${id.slice(0, 100)}"`);
}
