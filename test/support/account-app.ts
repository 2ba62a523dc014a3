import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { Global, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AccountModule } from '../../src/account/account.module.js';
import { AppConfig } from '../../src/core/config/app-config.js';
import { CryptoModule } from '../../src/core/crypto/crypto.module.js';
import { PlatformRegistryModule } from '../../src/core/platforms/platform.registry.module.js';
import { Clock } from '../../src/core/time/clock.js';
import { Zone } from '../../src/core/time/zone.js';
import { FakeCodexPlatform, FakeConsolePlatform } from './account-fixture.js';
import { testConfig } from './test-config.js';

@Global()
@Module({ providers: [Zone], exports: [Zone] })
class ZoneModule {}

/** The real AccountModule with two platforms that relay nothing; configuration, clock and store are the caller's. */
export const accountMetadata: ModuleMetadata = {
  imports: [ZoneModule, CryptoModule, PlatformRegistryModule, AccountModule],
  providers: [FakeConsolePlatform, FakeCodexPlatform],
};

interface Parts {
  readonly store: StoreClient;
  readonly now: () => number;
  readonly config?: AppConfig;
}

/** AccountModule without HTTP. Close it. */
export async function startAccounts({ store, now, config = testConfig() }: Parts): Promise<TestingModule> {
  @Global()
  @Module({
    providers: [
      { provide: AppConfig, useValue: config },
      { provide: Clock, useValue: { now } },
      { provide: STORE_CLIENT, useValue: store },
    ],
    exports: [AppConfig, Clock, STORE_CLIENT],
  })
  class PartsModule {}
  const { imports = [], providers = [] } = accountMetadata;
  const module = await Test.createTestingModule({ imports: [PartsModule, ...imports], providers }).compile();
  module.useLogger(false);
  return module.init();
}
