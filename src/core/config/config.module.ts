import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '../time/clock.js';
import { Zone } from '../time/zone.js';
import { AppConfig } from './app-config.js';

/** Gives every module the configuration, the time and the zone. The bootstrap passes the configuration that it loaded. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: AppConfig, useValue: config }, { provide: Clock, useClass: SystemClock }, Zone],
      exports: [AppConfig, Clock, Zone],
    };
  }
}
