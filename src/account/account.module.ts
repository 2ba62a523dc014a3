import { AccountNames } from '@crs/extension-api';
import { Module } from '@nestjs/common';
import { AccountDirectory } from './account-directory.js';
import { AccountEntryFactory } from './account-entry.factory.js';
import { AccountHealthService } from './account-health.service.js';
import { AccountListController } from './account-list.controller.js';
import { AccountMetrics } from './account-metrics.js';
import { AccountMarkRepository } from './account-mark.repository.js';
import { AccountQueryService } from './account-query.service.js';
import { AccountReader } from './account-reader.js';
import { AccountRecordFactory } from './account-record.factory.js';
import { AccountRecovery } from './account-recovery.js';
import { AccountRowRepository } from './account-row.repository.js';
import { AccountController } from './account.controller.js';
import { AccountRemover } from './account-remover.js';
import { AccountRepository } from './account.repository.js';
import { AccountService } from './account.service.js';
import { ErrorHistoryController } from './error-history/error-history.controller.js';
import { ErrorHistoryRepository } from './error-history/error-history.repository.js';
import { ErrorHistoryService } from './error-history/error-history.service.js';
import { GroupFamilies } from './groups/group-families.js';
import { GroupMemberController } from './groups/group-member.controller.js';
import { GroupMemberService } from './groups/group-member.service.js';
import { GroupController } from './groups/group.controller.js';
import { GroupRepository } from './groups/group.repository.js';
import { GroupService } from './groups/group.service.js';
import { NotServedController } from './not-served/not-served.controller.js';
import { NotServedNotice } from './not-served/not-served.notice.js';
import { NotServedRepository } from './not-served/not-served.repository.js';
import { NotServedService } from './not-served/not-served.service.js';
import { AccountProbeController } from './probe/account-probe.controller.js';
import { AccountTester } from './probe/account-tester.js';
import { ProbeRuns } from './probe/probe-runs.js';
import { ProxyTester } from './probe/proxy-tester.js';
import { TestPlanner } from './probe/test-planner.js';
import { StoredAccountNames } from './stored-account-names.js';

/** Upstream accounts, their groups and how they stand. Needs an `ApiKeyDirectory` from a global module. */
@Module({
  controllers: [
    AccountListController,
    NotServedController,
    AccountController,
    AccountProbeController,
    ErrorHistoryController,
    GroupController,
    GroupMemberController,
  ],
  providers: [
    AccountDirectory,
    AccountEntryFactory,
    AccountHealthService,
    AccountMarkRepository,
    AccountMetrics,
    AccountQueryService,
    AccountReader,
    AccountRecordFactory,
    AccountRecovery,
    AccountRemover,
    AccountRepository,
    AccountRowRepository,
    AccountService,
    AccountTester,
    ErrorHistoryRepository,
    ErrorHistoryService,
    GroupFamilies,
    GroupMemberService,
    GroupRepository,
    GroupService,
    NotServedNotice,
    NotServedRepository,
    NotServedService,
    ProbeRuns,
    ProxyTester,
    TestPlanner,
    { provide: AccountNames, useClass: StoredAccountNames },
  ],
  exports: [AccountDirectory, AccountHealthService, AccountNames],
})
export class AccountModule {}
