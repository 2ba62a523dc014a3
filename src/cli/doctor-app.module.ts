import { StoreModule } from '@crs/store';
import { type DynamicModule, Module } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { ConfigModule } from '../core/config/config.module.js';
import { UsageDoctorModule } from '../stats/doctor/usage-doctor.module.js';

/** The little of the application that checking the books needs. */
@Module({})
export class DoctorAppModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: DoctorAppModule,
      imports: [
        ConfigModule.forRoot(config),
        StoreModule.forRootAsync({ useFactory: ({ store }: AppConfig) => store, inject: [AppConfig] }),
        UsageDoctorModule,
      ],
    };
  }
}
