import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.js';
import { AccountGroupRepository } from './account-group.repository.js';
import { AccountSlotRepository } from './account-slot.repository.js';
import { CandidatePool } from './candidate-pool.js';
import { AccountExplainer } from './explain/account-explainer.js';
import { LoadBalancer } from './load-balancer.js';
import { SchedulerService } from './scheduler.service.js';
import { StickySessionRepository } from './sticky-session.repository.js';

@Module({
  imports: [AccountModule],
  providers: [
    SchedulerService,
    AccountExplainer,
    CandidatePool,
    AccountGroupRepository,
    AccountSlotRepository,
    LoadBalancer,
    StickySessionRepository,
  ],
  exports: [SchedulerService, AccountExplainer],
})
export class SchedulerModule {}
