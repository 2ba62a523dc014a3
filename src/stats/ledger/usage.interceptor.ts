import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import '../../core/http/request-context.js';
import { OutcomeLatch } from '../../core/outcome/outcome-latch.js';
import { UsageRecorder } from './usage-recorder.js';

/**
 * Has the usage of a relay route booked. The booking hangs on the request's outcome, not on the handler's return: that
 * comes long before the last byte of a stream. It is registered before the handler runs, so that whoever ends the
 * request waits for it.
 */
@Injectable()
export class UsageInterceptor implements NestInterceptor {
  constructor(private readonly recorder: UsageRecorder) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const outcome = new OutcomeLatch();
    outcome.beforeEnd(({ report, waste, requestId }) => this.recorder.record(report, waste, requestId));
    context.switchToHttp().getRequest<FastifyRequest>().outcome = outcome;
    return next.handle();
  }
}
