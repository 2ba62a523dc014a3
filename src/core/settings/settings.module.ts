import { Global, Module } from '@nestjs/common';
import { RelaySettingsRepository } from './relay-settings.repository.js';

@Global()
@Module({ providers: [RelaySettingsRepository], exports: [RelaySettingsRepository] })
export class SettingsModule {}
