import { ApiKeyDirectory, type ApiKeySummary, type KeyIdentity } from '@crs/extension-api';
import { STORE_CLIENT, type StoreClient } from '@crs/store';
import { Global, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AccountModule } from '../../src/account/account.module.js';
import { AppConfig } from '../../src/core/config/app-config.js';
import { CryptoModule } from '../../src/core/crypto/crypto.module.js';
import { EgressModule } from '../../src/core/egress/egress.module.js';
import { MetricsModule } from '../../src/core/metrics/metrics.module.js';
import { PlatformRegistryModule } from '../../src/core/platforms/platform.registry.module.js';
import { Clock } from '../../src/core/time/clock.js';
import { Zone } from '../../src/core/time/zone.js';
import { FakeCodexPlatform, FakeConsolePlatform } from './account-fixture.js';
import { testConfig } from './test-config.js';

/** Client keys, of which only is known how many are bound to what. */
export class BoundKeys extends ApiKeyDirectory {
  /** `{field}={value}` -> number of keys. */
  readonly counts = new Map<string, number>();

  override async findSummary(): Promise<ApiKeySummary | null> {
    return null;
  }

  override async identify(): Promise<KeyIdentity> {
    return { kind: 'invalid', message: 'There are no keys here' };
  }

  override async countBoundTo(field: string, value: string): Promise<number> {
    return this.counts.get(`${field}=${value}`) ?? 0;
  }

  override async countBindings(field: string): Promise<ReadonlyMap<string, number>> {
    const ofField = [...this.counts].filter(([name]) => name.startsWith(`${field}=`));
    return new Map(ofField.map(([name, count]) => [name.slice(field.length + 1), count]));
  }
}

@Global()
@Module({
  providers: [Zone, { provide: ApiKeyDirectory, useClass: BoundKeys }],
  exports: [Zone, ApiKeyDirectory],
})
class OutsideModule {}

/** The real AccountModule with two platforms that relay nothing; configuration, clock and store are the caller's. */
export const accountMetadata: ModuleMetadata = {
  imports: [OutsideModule, CryptoModule, EgressModule, MetricsModule, PlatformRegistryModule, AccountModule],
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
