import { readdirSync } from 'node:fs';
import { Global, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { useTemporaryFolder } from '../../../libs/store/src/testing/temporary-folder.js';
import { testConfig } from '../../../test/support/test-config.js';
import { ConfigModule } from '../config/config.module.js';
import { JournalHealth } from './journal-health.js';
import { JournalModule } from './journal.module.js';
import { LeftJournals, RequestJournal } from './request-journal.js';
import { settlementOf } from './testing/any-note.js';

/** Notes from its first moment on, and confirms at the last. */
@Injectable()
class Ledger implements OnModuleInit, OnApplicationShutdown {
  isNoted = false;

  constructor(private readonly journal: RequestJournal) {}

  onModuleInit(): void {
    this.isNoted = this.journal.settled(settlementOf('r-1'));
  }

  async onApplicationShutdown(): Promise<void> {
    await new Promise(setImmediate);
    this.journal.batched(1, ['r-1']);
    this.journal.confirmed(1);
  }
}

@Module({ providers: [Ledger] })
class FeatureModule {}

@Global()
@Module({ imports: [FeatureModule], exports: [FeatureModule] })
class PortsModule {}

describe('JournalModule', () => {
  const path = useTemporaryFolder();

  it('takes notes before the features begin and until they have ended, and then tidies up', async () => {
    const config = testConfig({ dataDir: path('data') });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), JournalModule, PortsModule, FeatureModule],
    }).compile();
    await module.init();
    expect(module.get(Ledger, { strict: false }).isNoted).toBe(true);
    expect(module.get(JournalHealth).isHealthy).toBe(true);
    expect(readdirSync(path('data/journal'))).toEqual([module.get(RequestJournal).instance]);
    // Its own is none that was left.
    for await (const left of module.get(LeftJournals).take()) expect(left).toBeNull();
    await module.close();
    expect(readdirSync(path('data/journal'))).toEqual([]);
  });
});
