import { Module } from '@nestjs/common';
import { AccountDirectory } from './account-directory.js';
import { AccountEntryFactory } from './account-entry.factory.js';
import { AccountHealthService } from './account-health.service.js';
import { AccountMarkRepository } from './account-mark.repository.js';
import { AccountQueryService } from './account-query.service.js';
import { AccountReader } from './account-reader.js';
import { AccountRecordFactory } from './account-record.factory.js';
import { AccountRecovery } from './account-recovery.js';
import { AccountRowRepository } from './account-row.repository.js';
import { AccountController } from './account.controller.js';
import { AccountRepository } from './account.repository.js';
import { AccountService } from './account.service.js';

/** Upstream accounts and how they stand. */
@Module({
  controllers: [AccountController],
  providers: [
    AccountDirectory,
    AccountEntryFactory,
    AccountHealthService,
    AccountMarkRepository,
    AccountQueryService,
    AccountReader,
    AccountRecordFactory,
    AccountRecovery,
    AccountRepository,
    AccountRowRepository,
    AccountService,
  ],
  exports: [AccountDirectory, AccountHealthService],
})
export class AccountModule {}
