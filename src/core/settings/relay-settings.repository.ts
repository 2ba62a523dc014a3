import { Inject, Injectable, Logger } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Clock } from '../time/clock.js';
import {
  decodeRelaySettings,
  encodeRelaySettings,
  isReadable,
  type RelaySettingsChange,
  type StoredRelaySettings,
  toRelaySettings,
} from './relay-settings.codec.js';
import { DEFAULT_RELAY_SETTINGS, type RelaySettings } from './relay-settings.js';
import { replaceText } from './replace-text.script.js';

/** So a change by another process is felt after at most this time. */
const REMEMBERED_MS = 5_000;
/** How long the last known settings serve before a store that failed is asked again. */
const RETRY_AFTER_MS = 1_000;

/** The settings of all keys; a change by another process is felt after a few seconds. */
@Injectable()
export class RelaySettingsRepository {
  private readonly logger = new Logger(RelaySettingsRepository.name);
  private known: RelaySettings = DEFAULT_RELAY_SETTINGS;
  private knownUntil = 0;
  /** Counts what this process has written, so that a reading that began before does not put the old settings back. */
  private writes = 0;
  private unreadable: string | null = null;

  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly clock: Clock,
  ) {}

  /** The settings in force; the last known ones while the store cannot be asked. Never rejects. */
  async current(): Promise<RelaySettings> {
    if (this.clock.now() < this.knownUntil) return this.known;
    const { writes } = this;
    try {
      const stored = decodeRelaySettings(await this.readText());
      if (writes === this.writes) this.remember(toRelaySettings(stored));
    } catch (error: unknown) {
      this.logger.warn({ msg: 'The relay settings cannot be read; the last known ones stay in force', err: error });
      if (writes === this.writes) this.knownUntil = this.clock.now() + RETRY_AFTER_MS;
    }
    return this.known;
  }

  /** What is stored now. */
  async find(): Promise<StoredRelaySettings> {
    return decodeRelaySettings(await this.readText());
  }

  /**
   * Changes what is stored; in force in this process at once. Null when somebody else has changed it meanwhile: nothing
   * was written.
   */
  async update(change: RelaySettingsChange, by: string): Promise<StoredRelaySettings | null> {
    const text = await this.readText();
    const next = encodeRelaySettings(text, change, { at: new Date(this.clock.now()), by });
    if (!(await this.store.runScript(replaceText, [keys.settings.relay], [text ?? '', next]))) return null;
    const stored = decodeRelaySettings(next);
    this.writes += 1;
    this.remember(toRelaySettings(stored));
    return stored;
  }

  private remember(settings: RelaySettings): void {
    this.known = settings;
    this.knownUntil = this.clock.now() + REMEMBERED_MS;
  }

  /** Tells the administrator once of each text that cannot be read. */
  private async readText(): Promise<string | null> {
    const text = await this.store.get(keys.settings.relay);
    if (isReadable(text)) {
      this.unreadable = null;
    } else if (text !== this.unreadable) {
      this.unreadable = text;
      this.logger.warn({
        msg: 'Not all of the stored relay settings can be read; defaults are in force for the rest',
        key: keys.settings.relay,
      });
    }
    return text;
  }
}
