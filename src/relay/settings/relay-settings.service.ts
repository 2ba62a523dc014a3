import { ConflictException, Injectable } from '@nestjs/common';
import type { RelaySettingsChange, StoredRelaySettings } from '../../core/settings/relay-settings.codec.js';
import { RelaySettingsRepository } from '../../core/settings/relay-settings.repository.js';

/** How often a change is made again because somebody else has changed the settings in between. */
const MAX_ATTEMPTS = 10;

/** The settings of all keys, as administrators change them. */
@Injectable()
export class RelaySettingsService {
  constructor(private readonly settings: RelaySettingsRepository) {}

  get(): Promise<StoredRelaySettings> {
    return this.settings.find();
  }

  /** @throws ConflictException */
  async update(change: RelaySettingsChange, by: string): Promise<StoredRelaySettings> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stored = await this.settings.update(change, by);
      if (stored !== null) return stored;
    }
    throw new ConflictException('The settings are being changed by others at the same time. Try again.');
  }
}
