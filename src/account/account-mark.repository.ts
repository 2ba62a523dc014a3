import type { AccountKind } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import type { MarkPlan } from './mark-plan.js';
import { FULL_AFTER, RECOVERY_MS } from './recovery-ramp.js';
import { markAccount } from './scripts/mark-account.script.js';
import { noteServed } from './scripts/note-served.script.js';
import { RECOVERY } from './stored-marks.js';

/** As v1. */
const HISTORY_ENTRIES = 5000;
const HISTORY_SECONDS = 3 * 86_400;
/** Of each kind. Names of models come from clients: what they make up must not fill the store. */
const MAX_MARK_NAMES = 200;

/** Writes and clears what says how an account stands. */
@Injectable()
export class AccountMarkRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** One round trip. False: there is no such account any more, and nothing was written. */
  apply(kind: AccountKind, id: string, plan: MarkPlan): Promise<boolean> {
    const { accountType, recordPrefix, rateLimitedStatus } = kind;
    return this.store.runScript(
      markAccount,
      [
        keys.account.record(recordPrefix, id),
        keys.account.tempUnavailable(accountType, id),
        keys.account.marks(accountType, id),
        keys.account.errorHistory(accountType, id),
      ],
      [
        plan.at.getTime(),
        plan.coolDown?.json ?? '',
        plan.coolDown?.ttlMs ?? 0,
        plan.named?.name ?? '',
        plan.named?.until.getTime() ?? 0,
        MAX_MARK_NAMES,
        RECOVERY,
        plan.recoveryUntil?.getTime() ?? '',
        plan.historyEntry,
        HISTORY_ENTRIES,
        HISTORY_SECONDS,
        plan.isRateLimit ? plan.at.toISOString() : '',
        rateLimitedStatus,
      ],
    );
  }

  /** Counts a request that a recovering account has served. False: it is not recovering now. */
  noteServed({ accountType }: AccountKind, id: string, now: number): Promise<boolean> {
    return this.store.runScript(
      noteServed,
      [keys.account.marks(accountType, id)],
      [now, RECOVERY, RECOVERY_MS, FULL_AFTER],
    );
  }

  async clear({ accountType }: AccountKind, id: string): Promise<void> {
    await this.store.del(keys.account.tempUnavailable(accountType, id), keys.account.marks(accountType, id));
  }
}
