import { StoreModule } from '@crs/store';
import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { AccountModule } from './account/account.module.js';
import { ApiKeyModule } from './api-key/api-key.module.js';
import { AuthModule } from './auth/auth.module.js';
import { AppConfig } from './core/config/app-config.js';
import { ConfigModule } from './core/config/config.module.js';
import { CryptoModule } from './core/crypto/crypto.module.js';
import { EgressModule } from './core/egress/egress.module.js';
import { HttpModule } from './core/http/http.module.js';
import { JournalModule } from './core/journal/journal.module.js';
import { LeaseModule } from './core/lease/lease.module.js';
import { loggerOptions } from './core/logging/logger.options.js';
import { MetricsModule } from './core/metrics/metrics.module.js';
import { PlatformRegistryModule } from './core/platforms/platform.registry.module.js';
import { SettingsModule } from './core/settings/settings.module.js';
import { HealthModule } from './health/health.module.js';
import { PlatformsModule } from './platforms/platforms.module.js';
import { RelayModule } from './relay/relay.module.js';
import { SchedulerModule } from './scheduler/scheduler.module.js';
import { StatsQueryModule } from './stats/query/stats-query.module.js';
import { StatsModule } from './stats/stats.module.js';
import { V1IndexModule } from './stats/v1-indexes/v1-index.module.js';

export type Extension = Type | DynamicModule;

/** Gives every module the ports that feature modules implement for one another, so that none has to import another. */
@Global()
@Module({
  imports: [AccountModule, ApiKeyModule, RelayModule, StatsModule],
  exports: [AccountModule, ApiKeyModule, RelayModule, StatsModule],
})
class PortsModule {}

/** Composes the application; the only file that knows all modules. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig, extensions: readonly Extension[]): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggerModule.forRoot(loggerOptions(config)),
        StoreModule.forRootAsync({ useFactory: ({ store }: AppConfig) => store, inject: [AppConfig] }),
        CryptoModule,
        EgressModule,
        JournalModule,
        LeaseModule,
        MetricsModule,
        SettingsModule,
        HttpModule,
        PlatformRegistryModule,
        PlatformsModule,
        AuthModule,
        ApiKeyModule,
        PortsModule,
        AccountModule,
        SchedulerModule,
        StatsModule,
        StatsQueryModule,
        V1IndexModule,
        RelayModule,
        HealthModule,
        ...extensions,
      ],
    };
  }
}
