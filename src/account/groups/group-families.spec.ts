import { describe, expect, it } from '@jest/globals';
import { FakeConsolePlatform } from '../../../test/support/account-fixture.js';
import type { PlatformRegistry } from '../../core/platforms/platform.registry.js';
import { GroupFamilies } from './group-families.js';
import { GroupRepository } from './group.repository.js';
import { GroupService } from './group.service.js';

const registered = [
  { name: 'claude-console', platform: new FakeConsolePlatform() },
  { name: 'claude-other', platform: new FakeConsolePlatform() },
];
const registry: Pick<PlatformRegistry, 'list'> = { list: () => registered };

describe('GroupFamilies', () => {
  const sut = new GroupFamilies(registry as PlatformRegistry);

  it('puts the platforms of a service together', () => {
    const family = sut.ofService('claude');
    expect(family).toEqual({ service: 'claude', storedPlatform: 'claude', platforms: registered });
    expect(sut.ofGroup('claude')).toEqual(family);
  });

  it('names each field once that can bind a key to a group, whatever its family', () => {
    expect(sut.bindingFields()).toEqual(['claudeAccountId', 'claudeConsoleAccountId']);
  });

  it('knows nothing of what no platform serves', () => {
    expect(sut.ofService('codex')).toBeNull();
    expect(sut.ofGroup('gemini')).toBeNull();
  });

  it('makes no group that nothing could be put into', async () => {
    const service = new GroupService(new GroupRepository({} as never), sut, {} as never, {} as never);
    await expect(service.create({ name: 'x', platform: 'codex' })).rejects.toThrow(
      'This gateway has no accounts for codex',
    );
  });
});
