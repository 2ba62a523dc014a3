import { Global, Module } from '@nestjs/common';
import { LeaseKeeper } from './lease-keeper.js';

@Global()
@Module({ providers: [LeaseKeeper], exports: [LeaseKeeper] })
export class LeaseModule {}
