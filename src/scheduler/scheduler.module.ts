import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.js';
import { LoadBalancer } from './load-balancer.js';
import { SchedulerService } from './scheduler.service.js';
import { StickySessionRepository } from './sticky-session.repository.js';

@Module({
  imports: [AccountModule],
  providers: [SchedulerService, LoadBalancer, StickySessionRepository],
  exports: [SchedulerService],
})
export class SchedulerModule {}
