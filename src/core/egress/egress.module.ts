import { Global, Module } from '@nestjs/common';
import { DispatcherPool } from './dispatcher.pool.js';
import { HttpExchange } from './http-exchange.js';

/** The only way out to upstreams. */
@Global()
@Module({ providers: [DispatcherPool, HttpExchange], exports: [HttpExchange] })
export class EgressModule {}
