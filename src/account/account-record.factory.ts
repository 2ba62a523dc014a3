import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { SecretBox } from '../core/crypto/secret-box.js';
import { PlatformRegistry } from '../core/platforms/platform.registry.js';
import { Clock } from '../core/time/clock.js';
import { Zone } from '../core/time/zone.js';
import { type AccountInput, type AccountTarget, type NewAccountInput, toProxy, toSettings } from './account-input.js';
import { encodeSettings, newRecord, type RecordFields } from './account-record.js';
import type { AccountUpdate } from './account.repository.js';
import { proxy as proxyCodec } from './field-codecs.js';
import { decisionPatch, resetPatch, stopFieldsOf } from './v1-marks.js';

/** An account that was not stored yet. */
export interface NewAccount {
  readonly id: string;
  readonly record: RecordFields;
  readonly isShared: boolean;
}

/**
 * Turns what an administrator sent into what is stored. Throws `ValidationFailedException` about what accounts of the
 * platform cannot have.
 */
@Injectable()
export class AccountRecordFactory {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly config: AppConfig,
    private readonly secrets: SecretBox,
    private readonly clock: Clock,
    private readonly zone: Zone,
  ) {}

  create(platform: string, input: NewAccountInput): NewAccount {
    const target = this.targetOf(platform);
    const settings = {
      ...toSettings(target, input),
      apiKey: this.seal(target, input.apiKey),
      proxy: input.proxy === undefined ? undefined : toProxy(input.proxy, null),
    };
    const id = randomUUID();
    const now = this.clock.now();
    const record = newRecord(target.kind, id, settings, { at: new Date(now), day: this.zone.day(now) });
    return { id, record, isShared: record['accountType'] === 'shared' };
  }

  /** What a PUT writes, decided on the record as it is stored; the secret is sealed once, however often that is asked. */
  changer(platform: string, input: AccountInput): (record: RecordFields) => AccountUpdate {
    const target = this.targetOf(platform);
    const settings = {
      ...toSettings(target, input),
      apiKey: input.apiKey === undefined ? undefined : this.seal(target, input.apiKey),
    };
    const isDecision = settings.isActive !== undefined || settings.schedulable !== undefined;
    return (record) => {
      const storedProxy = record['proxy'] ?? '';
      const proxy = input.proxy === undefined ? undefined : toProxy(input.proxy, proxyCodec.decode(storedProxy));
      return {
        patch: {
          ...(isDecision && decisionPatch(record, target.kind)),
          ...encodeSettings(target.kind, { ...settings, proxy }),
          ...this.stamp(),
        },
        expected: {
          ...(isDecision && stopFieldsOf(record)),
          ...(proxy !== undefined && { proxy: storedProxy }),
        },
        ...(settings.accountType !== undefined && { isShared: settings.accountType === 'shared' }),
      };
    };
  }

  toggleSchedulable(platform: string, record: RecordFields): AccountUpdate {
    return this.decide(platform, record, { schedulable: String(record['schedulable'] === 'false') });
  }

  toggleActive(platform: string, record: RecordFields): AccountUpdate {
    return this.decide(platform, record, { isActive: String(record['isActive'] !== 'true') });
  }

  reset(record: RecordFields): AccountUpdate {
    return { patch: { ...resetPatch(record), ...this.stamp() }, expected: stopFieldsOf(record) };
  }

  /** An administrator's own setting of a switch, which must survive the end of a stop of v1. */
  private decide(platform: string, record: RecordFields, patch: RecordFields): AccountUpdate {
    const { kind } = this.targetOf(platform);
    return { patch: { ...decisionPatch(record, kind), ...patch, ...this.stamp() }, expected: stopFieldsOf(record) };
  }

  private targetOf(platform: string): AccountTarget {
    const { account: kind } = this.platforms.get(platform);
    return { platform, kind, allowPrivate: this.config.egress.allowPrivateUpstreams };
  }

  private seal({ kind }: AccountTarget, secret: string): string {
    return this.secrets.seal(secret, kind.secretSalt);
  }

  private stamp(): RecordFields {
    return { updatedAt: new Date(this.clock.now()).toISOString() };
  }
}
