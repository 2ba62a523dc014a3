import type { AccountKind } from '@crs/extension-api';
import { keys, STORE_CLIENT, type StoreClient, type StoreCommand } from '@crs/store';
import { Inject, Injectable } from '@nestjs/common';
import { repliesOfRightType } from '../core/store/batch-replies.js';
import type { RecordFields } from './account-record.js';

/** What is wanted of one account. */
export interface RowPlan {
  readonly id: string;
  /** The quota day whose spending is wanted; null = none. */
  readonly quotaDay: string | null;
}

/** One account as the store has it: its record and everything that says how it stands. */
export interface AccountRow extends RowPlan {
  readonly record: RecordFields;
  /** v1's `temp_unavailable`, JSON. */
  readonly coolDown: string | null;
  /** Name -> epoch ms when it ends. */
  readonly marks: RecordFields;
  /** Decimal USD. */
  readonly quotaSpent: string | null;
}

/** Reads accounts together with their marks and quota figures, many in one round trip. */
@Injectable()
export class AccountRowRepository {
  constructor(@Inject(STORE_CLIENT) private readonly store: StoreClient) {}

  /** The ids in the index and the planned rows, in one round trip. A plan without a record gives no row. */
  async readWithIndex(
    kind: AccountKind,
    plans: readonly RowPlan[],
  ): Promise<{ readonly ids: readonly string[]; readonly rows: readonly AccountRow[] }> {
    const [index, ...replies] = await this.send([
      ['smembers', keys.account.index(kind.recordPrefix)],
      ...plans.flatMap((plan) => commandsFor(kind, plan)),
    ]);
    return { ids: toTexts(index), rows: toRows(plans, replies) };
  }

  async read(kind: AccountKind, plans: readonly RowPlan[]): Promise<readonly AccountRow[]> {
    if (plans.length === 0) return [];
    return toRows(plans, await this.send(plans.flatMap((plan) => commandsFor(kind, plan))));
  }

  /** What each account has spent in its quota day, decimal USD; null = nothing. */
  async readQuotas(days: readonly { readonly id: string; readonly quotaDay: string }[]): Promise<(string | null)[]> {
    if (days.length === 0) return [];
    return this.store.mget(...days.map(({ id, quotaDay }) => keys.account.quotaCost(id, quotaDay)));
  }

  /** A key that holds something of another type reads as missing: one damaged key must not take all accounts away. */
  private send(commands: StoreCommand[]): Promise<readonly unknown[]> {
    return repliesOfRightType(this.store.pipeline(commands));
  }
}

/** Three commands with a fixed meaning, and a fourth where the quota is wanted. */
function commandsFor({ recordPrefix, accountType }: AccountKind, { id, quotaDay }: RowPlan): StoreCommand[] {
  return [
    ['hgetall', keys.account.record(recordPrefix, id)],
    ['get', keys.account.tempUnavailable(accountType, id)],
    ['hgetall', keys.account.marks(accountType, id)],
    ...(quotaDay === null ? [] : [['get', keys.account.quotaCost(id, quotaDay)] satisfies StoreCommand]),
  ];
}

function toRows(plans: readonly RowPlan[], replies: readonly unknown[]): readonly AccountRow[] {
  const rest = replies.values();
  const next = (): unknown => rest.next().value;
  return plans
    .map((plan) => ({
      ...plan,
      record: toHash(next()),
      coolDown: toText(next()),
      marks: toHash(next()),
      quotaSpent: plan.quotaDay === null ? null : toText(next()),
    }))
    .filter((row) => Object.keys(row.record).length > 0);
}

const toText = (reply: unknown): string | null => (typeof reply === 'string' ? reply : null);

const toTexts = (reply: unknown): readonly string[] => (Array.isArray(reply) ? reply.map(String) : []);

const toHash = (reply: unknown): RecordFields =>
  typeof reply === 'object' && reply !== null ? (reply as RecordFields) : {};
