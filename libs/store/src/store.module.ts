import { Global, Inject, Logger, Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider, ModuleMetadata, OnApplicationShutdown } from '@nestjs/common';
import { createStore } from './create-store.js';
import type { StoreOptions } from './create-store.js';
import { STORE_CLIENT } from './store-client.js';
import type { StoreClient } from './store-client.js';

export interface StoreModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<StoreOptions>['useFactory'];
}

/**
 * The one store of the process, for every module. It is global, so Nest shuts it down after all others: what they still
 * write in their own shutdown hooks is kept.
 *
 * @example
 * StoreModule.forRootAsync({ inject: [AppConfig], useFactory: (config: AppConfig) => config.store })
 */
@Global()
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  static forRootAsync({ imports = [], inject = [], useFactory }: StoreModuleAsyncOptions): DynamicModule {
    const logger = new Logger(StoreModule.name);
    const client: FactoryProvider<StoreClient> = {
      provide: STORE_CLIENT,
      inject,
      useFactory: async (...dependencies: unknown[]) =>
        createStore(
          await useFactory(...dependencies),
          (error, suppressed) => {
            logger.error({ message: 'The store failed', reason: error.message, suppressed });
          },
          (address) => {
            logger.warn({ message: `waiting for Redis at ${address}` });
          },
        ),
    };
    return { module: StoreModule, imports, providers: [client], exports: [client] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.quit();
  }
}
