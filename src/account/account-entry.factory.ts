import type { AccountKind } from '@crs/extension-api';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { SecretBox } from '../core/crypto/secret-box.js';
import { Clock } from '../core/time/clock.js';
import { type Period, Zone } from '../core/time/zone.js';
import { decodeAccount, type StoredAccount, toUpstreamAccount } from './account-record.js';
import type { AccountRow } from './account-row.repository.js';
import type { AccountState } from './account-state.js';
import { readMarks } from './stored-marks.js';
import { readV1Marks, type V1Reading, type V1Recovery } from './v1-marks.js';

/** An account as it was read: for the admin API, for scheduling, and what is to be put right in its record. */
export interface AccountEntry {
  readonly kind: AccountKind;
  /** As stored; a stop of v1 that is over is lifted already. */
  readonly stored: StoredAccount;
  readonly state: AccountState;
  /** v1 stopped it, and that is over: what is still to be written. */
  readonly recovery: V1Recovery | null;
}

/** An account of which only the quota figure is missing. */
export interface AccountDraft {
  readonly row: AccountRow;
  readonly stored: StoredAccount;
  /** Null: the account has no daily quota. */
  readonly quotaDay: Period | null;
  readonly v1: V1Reading;
}

/** Turns what the store has of an account into what the gateway works with. */
@Injectable()
export class AccountEntryFactory {
  private readonly logger = new Logger(AccountEntryFactory.name);
  /** Accounts whose secret could not be opened when it was last tried; each is logged once. */
  private readonly sealedIds = new Set<string>();

  constructor(
    private readonly secrets: SecretBox,
    private readonly clock: Clock,
    private readonly zone: Zone,
    private readonly config: AppConfig,
  ) {}

  /** The quota day that an account is in; null = it has no daily quota. */
  quotaDayOf({ dailyQuota, quotaResetTime }: StoredAccount): Period | null {
    return dailyQuota > 0 ? this.zone.quotaPeriodStart(this.clock.now(), quotaResetTime) : null;
  }

  draft(kind: AccountKind, row: AccountRow): AccountDraft {
    const v1 = readV1Marks(row.record, {
      now: this.clock.now(),
      blockedMinutes: this.config.marks.blockedMinutes,
      quotaDayEnd: (atMs, resetTime) => this.zone.quotaPeriodStart(atMs, resetTime).endsAt,
    });
    const stored = decodeAccount(kind, row.id, v1.recovery === null ? row.record : v1.lifted);
    return { row, stored, quotaDay: this.quotaDayOf(stored), v1 };
  }

  /**
   * @param quotaSpent decimal USD of the draft's quota day; null = nothing
   * @param known the same account as it was last read: its secret is opened anew only when its ciphertext has changed
   */
  complete(
    platform: string,
    kind: AccountKind,
    { row, stored, quotaDay, v1 }: AccountDraft,
    quotaSpent: string | null,
    known: AccountEntry | undefined,
  ): AccountEntry {
    const secret = known?.stored.apiKey === stored.apiKey ? known.state.account.secret : this.openSecret(kind, stored);
    const spent = quotaDay === null ? 0 : Number.parseFloat(quotaSpent ?? '');
    const held = readMarks(row.coolDown, row.marks, this.clock.now());
    const marks = {
      ...held,
      recovery: stored.disableAutoProtection ? null : held.recovery,
      v1Stops: v1.running,
      quotaSpentUsd: Number.isFinite(spent) ? spent : 0,
      quotaResetsAt: quotaDay === null ? null : new Date(quotaDay.endsAt),
    };
    const account = toUpstreamAccount(platform, decodeAccount(kind, row.id, v1.lifted), secret);
    return { kind, stored, state: { account, marks }, recovery: v1.recovery };
  }
  /** Empty: there is none, or it cannot be opened. */
  private openSecret(kind: AccountKind, { id, apiKey }: StoredAccount): string {
    const secret = this.secrets.open(apiKey, kind.secretSalt, kind.undecryptable);
    if (secret !== '' || apiKey === '') {
      this.sealedIds.delete(id);
    } else if (!this.sealedIds.has(id)) {
      this.sealedIds.add(id);
      this.logger.warn({ msg: 'The key of an account cannot be opened: was ENCRYPTION_KEY changed?', accountId: id });
    }
    return secret;
  }
}
