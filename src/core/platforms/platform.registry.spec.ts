import { type Platform, PlatformAdapter } from '@crs/extension-api';
import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, type OnModuleInit, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { FakeCodexPlatform, FakeConsolePlatform } from '../../../test/support/account-fixture.js';
import { PlatformRegistry } from './platform.registry.js';
import { PlatformRegistryModule } from './platform.registry.module.js';

const boot = async (...providers: Provider[]): Promise<TestingModule> => {
  const module = await Test.createTestingModule({ imports: [PlatformRegistryModule], providers }).compile();
  return module.init();
};

const named = (name: string): Provider => {
  @PlatformAdapter({ name })
  class Named extends FakeCodexPlatform {}
  return Named;
};

describe('PlatformRegistry', () => {
  it('lists the decorated providers in the order of their names', async () => {
    const module = await boot(FakeCodexPlatform, FakeConsolePlatform);
    const sut = module.get(PlatformRegistry);
    expect(sut.list()).toEqual([
      { name: 'claude-console', platform: module.get(FakeConsolePlatform) },
      { name: 'codex', platform: module.get(FakeCodexPlatform) },
    ]);
    expect(sut.get('codex')).toBe(module.get(FakeCodexPlatform));
    expect(sut.find('codex')).toBe(sut.get('codex'));
  });

  it('finds nothing under a name that nobody has', async () => {
    const sut = (await boot(FakeCodexPlatform)).get(PlatformRegistry);
    expect(sut.find('gemini')).toBeNull();
    expect(sut.find('constructor')).toBeNull();
    expect(() => sut.get('gemini')).toThrow('There is no platform "gemini"');
  });

  it('can be asked by providers whose onModuleInit runs earlier', async () => {
    @Injectable()
    class Early implements OnModuleInit {
      seen: Platform | null = null;
      constructor(private readonly registry: PlatformRegistry) {}
      onModuleInit(): void {
        this.seen = this.registry.get('codex');
      }
    }
    const module = await boot(Early, FakeCodexPlatform);
    expect(module.get(Early).seen).toBe(module.get(FakeCodexPlatform));
  });

  it('stays as it was at boot', async () => {
    const sut = (await boot(FakeCodexPlatform)).get(PlatformRegistry);
    const list = sut.list();
    expect(() => (list as unknown[]).splice(0)).not.toThrow();
    expect(sut.list()).toHaveLength(1);
  });

  it('refuses to boot with two platforms of one name', async () => {
    await expect(boot(FakeCodexPlatform, named('codex'))).rejects.toThrow(
      'Two platforms are named "codex": FakeCodexPlatform and Named',
    );
  });

  it.each(['', 'Codex', 'two words', '../codex'])('refuses to boot with the name "%s"', async (name) => {
    await expect(boot(named(name))).rejects.toThrow('Named: @PlatformAdapter needs a name of lower-case letters');
  });

  it('refuses to boot with a decorated class that is no platform', async () => {
    @PlatformAdapter({ name: 'odd' })
    class Odd {}
    await expect(boot(Odd)).rejects.toThrow(
      'Odd is decorated with @PlatformAdapter, but is not an instance of Platform',
    );
  });

  it('says so when it is asked before the platforms were made', async () => {
    @Injectable()
    class Hasty {
      constructor(registry: PlatformRegistry) {
        registry.list();
      }
    }
    @PlatformAdapter({ name: 'late' })
    class Late extends FakeCodexPlatform {
      constructor(@Inject('later') readonly later: number) {
        super();
      }
    }
    const later = { provide: 'later', useFactory: () => new Promise((resolve) => setImmediate(resolve, 1)) };
    await expect(boot(Hasty, Late, later)).rejects.toThrow('Late is decorated with @PlatformAdapter, but is not an');
  });

  it('refuses a platform that was decorated without a name', async () => {
    @PlatformAdapter()
    class Nameless extends FakeCodexPlatform {}
    await expect(boot(Nameless)).rejects.toThrow('Nameless: @PlatformAdapter needs a name');
  });
});
