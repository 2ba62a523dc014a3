import { Global, Module, type DynamicModule, type ValueProvider } from '@nestjs/common';
import { ApiKeyDirectory, type ApiKeyId, type ApiKeySummary, type KeyIdentity, OutageLimits } from '@crs/extension-api';
import { Zone } from '../../src/core/time/zone.js';

/** Stands for the module of the keys: a test says which there are, by their secrets. */
export class KnownKeys extends ApiKeyDirectory {
  readonly bySecret = new Map<string, ApiKeySummary>();

  override async findSummary(id: ApiKeyId): Promise<ApiKeySummary | null> {
    return [...this.bySecret.values()].find((key) => key.id === id) ?? null;
  }

  override async identify(secret: string): Promise<KeyIdentity> {
    const key = this.bySecret.get(secret);
    return key === undefined ? { kind: 'invalid', message: 'API key not found.' } : { kind: 'known', key };
  }

  override countBoundTo(): never {
    throw new Error('Nobody asks here');
  }

  override countBindings(): never {
    throw new Error('Nobody asks here');
  }
}

/** The store is never away. */
export const NO_OUTAGE: ValueProvider<OutageLimits> = {
  provide: OutageLimits,
  useValue: { charge: () => undefined },
};

/** The ports that StatsModule finds in the application. */
@Global()
@Module({})
export class KnownKeysModule {
  static with(keys: KnownKeys): DynamicModule {
    return {
      module: KnownKeysModule,
      providers: [{ provide: ApiKeyDirectory, useValue: keys }, NO_OUTAGE, Zone],
      exports: [ApiKeyDirectory, OutageLimits, Zone],
    };
  }
}
