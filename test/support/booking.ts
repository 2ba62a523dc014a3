import type { Settlement, UsageRecord } from '@crs/extension-api';
import type { StoreClient } from '@crs/store';
import { Zone } from '../../src/core/time/zone.js';
import type { SettleReply } from '../../src/stats/ledger/settle-batch.script.js';
import { SettlementRepository } from '../../src/stats/ledger/settlement.repository.js';
import { testConfig } from './test-config.js';

export const settlementOf = (record: UsageRecord): Settlement => ({
  requestId: record.report.requestId,
  record,
  waste: [],
});

/** Settles requests one by one, as an instance that runs alone. */
export class Bookkeeper {
  readonly repository: SettlementRepository;
  private last = 0;

  constructor(
    store: StoreClient,
    private readonly instance = 'test-instance',
  ) {
    const config = testConfig();
    this.repository = new SettlementRepository(store, new Zone(config), config);
  }

  book(record: UsageRecord): Promise<SettleReply> {
    return this.settle([settlementOf(record)]);
  }

  settle(settlements: readonly Settlement[]): Promise<SettleReply> {
    this.last += 1;
    return this.repository.settle({ instance: this.instance, number: this.last, settlements });
  }

  /** Sends the last batch again with these requests. */
  repeat(...records: readonly UsageRecord[]): Promise<SettleReply> {
    return this.repository.settle({
      instance: this.instance,
      number: this.last,
      settlements: records.map(settlementOf),
    });
  }
}
