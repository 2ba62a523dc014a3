import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { catchError, from, type Observable } from 'rxjs';
import { RecentAttempts } from '../../core/http/recent-attempts.js';
import { Clock } from '../../core/time/clock.js';
import { LookupRefusal } from './lookup-refusal.js';

const SPAN_MS = 60_000;
const MOST_FAILURES = 10;
/** The answers that tell whether a key exists. */
const FAILURES: readonly number[] = [401, 404];

/** Refuses an address that has just named many keys that do not exist: nobody shall find one by trying. */
@Injectable()
export class FailedLookups implements NestInterceptor {
  private readonly attempts: RecentAttempts;

  constructor(clock: Clock) {
    this.attempts = new RecentAttempts(clock);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const address = normalizeIp(context.switchToHttp().getRequest<FastifyRequest>().ip);
    const seconds = this.attempts.secondsBlocked(address, SPAN_MS, MOST_FAILURES);
    if (seconds > 0) {
      const message = `Too many unknown keys from this address. Try again in ${seconds} s.`;
      throw new LookupRefusal(429, { error: 'Too Many Requests', message }, seconds);
    }
    return next.handle().pipe(catchError((error: unknown) => from(this.note(address, error))));
  }

  private async note(address: string, error: unknown): Promise<never> {
    const isFailure = error instanceof HttpException && FAILURES.includes(error.getStatus());
    if (isFailure) await this.attempts.increment(address, SPAN_MS, MOST_FAILURES);
    throw error;
  }
}
